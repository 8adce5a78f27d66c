module abioracle

go 1.17
