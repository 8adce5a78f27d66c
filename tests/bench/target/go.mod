module bench

go 1.15
