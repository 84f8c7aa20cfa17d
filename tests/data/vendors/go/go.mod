module vendor

go 1.19
