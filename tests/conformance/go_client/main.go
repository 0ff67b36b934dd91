// The official Go client against a simulated exchange: history with paging and both data streams,
// or its trading flows. Arguments: base URL, key, secret, `data` or `trading`. Prints one line for
// each flow; the first failure ends it.
package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata/stream"
)

func check(flow string, holds bool, detail any) {
	if !holds {
		fmt.Printf("FAILED %s: %v\n", flow, detail)
		os.Exit(1)
	}
	fmt.Printf("ok %s\n", flow)
}

func history(base, key, secret string) {
	client := marketdata.NewClient(marketdata.ClientOpts{
		APIKey: key, APISecret: secret, BaseURL: base})
	start := time.Date(2026, 3, 27, 13, 30, 0, 0, time.UTC)
	end := start.Add(10 * time.Hour)
	bars, err := client.GetMultiBars([]string{"AAPL", "SPY"}, marketdata.GetBarsRequest{
		TimeFrame: marketdata.OneMin, Start: start, End: end, PageLimit: 100})
	check("bars over pages", err == nil && len(bars["AAPL"]) == 390 && len(bars["SPY"]) == 390, err)
	check("bar members", bars["AAPL"][0].Volume > 0 && bars["AAPL"][0].TradeCount > 0 &&
		bars["AAPL"][0].VWAP > 0, bars["AAPL"][0])
	single, err := client.GetBars("AAPL", marketdata.GetBarsRequest{
		TimeFrame: marketdata.OneDay, Start: start.AddDate(-2, 0, 0), End: end})
	check("single-symbol bars", err == nil && len(single) > 490, err)
	trades, err := client.GetTrades("AAPL", marketdata.GetTradesRequest{
		Start: start, End: start.Add(time.Minute), PageLimit: 50})
	check("trades over pages", err == nil && len(trades) >= 300, err)
	quotes, err := client.GetQuotes("AAPL", marketdata.GetQuotesRequest{
		Start: start, End: start.Add(time.Minute), TotalLimit: 120})
	check("quotes", err == nil && len(quotes) == 120 && quotes[0].AskPrice > quotes[0].BidPrice, err)
	quote, err := client.GetLatestQuote("TSLA", marketdata.GetLatestQuoteRequest{})
	check("latest quote", err == nil && quote != nil && quote.BidSize > 0, err)
	trade, err := client.GetLatestTrade("TSLA", marketdata.GetLatestTradeRequest{})
	check("latest trade", err == nil && trade != nil && trade.Price > 0, err)
	bar, err := client.GetLatestBar("TSLA", marketdata.GetLatestBarRequest{})
	check("latest bar", err == nil && bar != nil && bar.Close > 0, err)
	shots, err := client.GetSnapshots([]string{"AAPL", "TSLA"}, marketdata.GetSnapshotRequest{})
	check("snapshots", err == nil && len(shots) == 2 && shots["AAPL"].PrevDailyBar != nil, err)
	shot, err := client.GetSnapshot("AAPL", marketdata.GetSnapshotRequest{})
	check("snapshot", err == nil && shot != nil && shot.LatestTrade != nil, err)
	coins, err := client.GetCryptoBars("BTC/USD", marketdata.GetCryptoBarsRequest{
		TimeFrame: marketdata.OneHour, Start: start, End: end})
	check("crypto bars", err == nil && len(coins) == 10, err)
	coin, err := client.GetLatestCryptoQuote("BTC/USD", marketdata.GetLatestCryptoQuoteRequest{})
	check("crypto latest quote", err == nil && coin.AskPrice > coin.BidPrice, err)
	news, err := client.GetNews(marketdata.GetNewsRequest{})
	check("news", err == nil && len(news) == 0, err)
	_, err = client.GetBars("not a symbol", marketdata.GetBarsRequest{TimeFrame: marketdata.OneDay})
	check("refusal of a symbol", err != nil, err)
}

func await(flow string, counts ...*atomic.Int64) {
	for i := 0; i < 300; i++ {
		done := true
		for _, count := range counts {
			done = done && count.Load() >= 10
		}
		if done {
			check(flow, true, nil)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	check(flow, false, "nothing came in 30 s")
}

func streams(base, key, secret string) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var trades, quotes, bars, books atomic.Int64
	stocks := stream.NewStocksClient(marketdata.IEX,
		stream.WithBaseURL(base+"/v2"), stream.WithCredentials(key, secret),
		stream.WithTrades(func(t stream.Trade) {
			if t.Symbol == "AAPL" && !t.Timestamp.IsZero() && t.ID > 0 {
				trades.Add(1)
			}
		}, "AAPL"),
		stream.WithQuotes(func(q stream.Quote) {
			if q.AskPrice > q.BidPrice && q.AskSize > 0 {
				quotes.Add(1)
			}
		}, "AAPL"),
		stream.WithBars(func(b stream.Bar) {
			if b.Volume > 0 {
				bars.Add(1)
			}
		}, "*"))
	err := stocks.Connect(ctx)
	check("stock stream connects", err == nil, err)
	await("stock stream", &trades, &quotes, &bars)
	check("unsubscribe", stocks.UnsubscribeFromTrades("AAPL") == nil, nil)
	check("subscribe again", stocks.SubscribeToTrades(func(stream.Trade) {}, "SPY") == nil, nil)
	coins := stream.NewCryptoClient(marketdata.US,
		stream.WithBaseURL(base+"/v1beta3/crypto"), stream.WithCredentials(key, secret),
		stream.WithCryptoQuotes(func(stream.CryptoQuote) { quotes.Add(1) }, "BTC/USD"),
		stream.WithCryptoOrderbooks(func(stream.CryptoOrderbook) { books.Add(1) }, "BTC/USD"))
	err = coins.Connect(ctx)
	check("crypto stream connects", err == nil, err)
	await("crypto stream", &books)
	wrong := stream.NewStocksClient(marketdata.SIP, stream.WithBaseURL(base+"/v2"),
		stream.WithCredentials(key, "wrong"), stream.WithReconnectSettings(1, 0))
	err = wrong.Connect(ctx)
	check("wrong keys", err != nil, err)
}

func main() {
	base, key, secret := os.Args[1], os.Args[2], os.Args[3]
	if os.Args[4] == "trading" {
		trading(base, key, secret)
		return
	}
	history(base, key, secret)
	streams(base, key, secret)
}
