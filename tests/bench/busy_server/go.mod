module sonde.test/http

go 1.15
