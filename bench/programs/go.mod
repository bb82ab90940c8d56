module benchprograms

go 1.26
