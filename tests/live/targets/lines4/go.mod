module example.com/lines4

go 1.18

require example.com/targets v0.0.0

replace example.com/targets => ../
