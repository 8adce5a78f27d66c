module gosource

go 1.20
