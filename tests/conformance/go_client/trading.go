package main

import (
	"fmt"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
	"github.com/shopspring/decimal"
)

func number(value float64) *decimal.Decimal {
	exact := decimal.NewFromFloat(value).Round(2)
	return &exact
}

// The order once it has the status.
func awaitStatus(client *alpaca.Client, id, status string) (*alpaca.Order, error) {
	for i := 0; i < 100; i++ {
		order, err := client.GetOrder(id)
		if err != nil {
			return nil, err
		}
		if order.Status == status {
			return order, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, fmt.Errorf("order %s did not become %s", id, status)
}

func trading(base, key, secret string) {
	client := alpaca.NewClient(alpaca.ClientOpts{APIKey: key, APISecret: secret, BaseURL: base})
	data := marketdata.NewClient(marketdata.ClientOpts{APIKey: key, APISecret: secret, BaseURL: base})
	account, err := client.GetAccount()
	check("account", err == nil && account.Status == "ACTIVE" && account.Cash.IsPositive(), err)
	clock, err := client.GetClock()
	check("clock", err == nil && clock.IsOpen, err)
	days, err := client.GetCalendar(alpaca.GetCalendarRequest{
		Start: time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC)})
	check("calendar", err == nil && len(days) == 4, err)
	asset, err := client.GetAsset("AAPL")
	check("asset", err == nil && asset.Tradable && asset.Fractionable, err)

	quote, err := data.GetLatestQuote("AAPL", marketdata.GetLatestQuoteRequest{})
	check("quote to trade on", err == nil, err)
	one := decimal.NewFromInt(1)
	three := decimal.NewFromInt(3)
	bought, err := client.PlaceOrder(alpaca.PlaceOrderRequest{Symbol: "AAPL", Qty: &three,
		Side: alpaca.Buy, Type: alpaca.Market, TimeInForce: alpaca.Day})
	check("market order", err == nil && bought.ID != "", err)
	_, err = awaitStatus(client, bought.ID, "filled")
	check("fill", err == nil, err)
	position, err := client.GetPosition("AAPL")
	check("position", err == nil && position.Qty.Equal(three), err)

	resting, err := client.PlaceOrder(alpaca.PlaceOrderRequest{Symbol: "AAPL", Qty: &one,
		Side: alpaca.Buy, Type: alpaca.Limit, TimeInForce: alpaca.GTC,
		LimitPrice: number(quote.BidPrice * 0.8), ClientOrderID: "go-resting"})
	check("limit order", err == nil, err)
	found, err := client.GetOrderByClientOrderID("go-resting")
	check("order by client id", err == nil && found.ID == resting.ID, err)
	_, err = awaitStatus(client, resting.ID, "new")
	check("order rests", err == nil, err)
	replaced, err := client.ReplaceOrder(resting.ID, alpaca.ReplaceOrderRequest{
		LimitPrice: number(quote.BidPrice * 0.7)})
	check("replace", err == nil && replaced.ID != resting.ID, err)
	_, err = awaitStatus(client, replaced.ID, "new")
	check("replacement rests", err == nil, err)
	open, err := client.GetOrders(alpaca.GetOrdersRequest{Status: "open", Limit: 10})
	check("open orders", err == nil && len(open) == 1, err)
	check("cancel", client.CancelOrder(replaced.ID) == nil, nil)
	_, err = awaitStatus(client, replaced.ID, "canceled")
	check("canceled", err == nil, err)

	bracket, err := client.PlaceOrder(alpaca.PlaceOrderRequest{Symbol: "MSFT", Qty: &one,
		Side: alpaca.Buy, Type: alpaca.Market, TimeInForce: alpaca.GTC, OrderClass: alpaca.Bracket,
		TakeProfit: &alpaca.TakeProfit{LimitPrice: number(2000)},
		StopLoss:   &alpaca.StopLoss{StopPrice: number(1)}})
	check("bracket", err == nil && len(bracket.Legs) == 2, err)
	_, err = client.GetOrder("not an id")
	check("refusal of an id", err != nil, err)
	check("cancel all", client.CancelAllOrders() == nil, nil)
	_, err = client.ClosePosition("AAPL", alpaca.ClosePositionRequest{})
	check("close position", err == nil, err)
	_, err = client.CloseAllPositions(alpaca.CloseAllPositionsRequest{CancelOrders: true})
	check("close all positions", err == nil, err)
}
