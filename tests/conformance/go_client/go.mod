module tradewind/conformance

go 1.22

require github.com/alpacahq/alpaca-trade-api-go/v3 v3.9.1
