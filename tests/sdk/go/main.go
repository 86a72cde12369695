// A shop in Go that reports to sentry-go, and dies.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/getsentry/sentry-go"
)

type stockError struct{ text string }

func (e *stockError) Error() string { return e.text }

type orderError struct {
	text  string
	cause error
}

func (e *orderError) Error() string { return e.text }
func (e *orderError) Unwrap() error { return e.cause }

func takeFromStock() error {
	return &stockError{"no apples left"}
}

func placeOrder() error {
	if err := takeFromStock(); err != nil {
		return &orderError{"order 17 cannot be placed", err}
	}
	return nil
}

//go:noinline
func checkout() {
	if err := placeOrder(); err != nil {
		sentry.CaptureException(err) // mark: checkout
	}
}

//go:noinline
func charge() {
	panic(&orderError{"payment service is down", nil}) // mark: charge
}

func main() {
	err := sentry.Init(sentry.ClientOptions{
		Dsn:         os.Getenv("SENTRY_DSN"),
		Release:     "shop@1.4.2",
		Environment: "staging",
		Debug:       true,
		DebugWriter: os.Stderr,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer func() {
		if problem := recover(); problem != nil {
			sentry.CurrentHub().Recover(problem) // mark: recover
			sentry.Flush(5 * time.Second)
			panic(problem)
		}
	}()
	sentry.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetUser(sentry.User{ID: "7042", Username: "ada", Email: "ada@shop.example"})
		scope.SetTag("plan", "gold")
		scope.SetTag("region", "eu")
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "cart", Message: "three apples added"})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "payment", Message: "card chosen", Level: sentry.LevelWarning})
	checkout() // mark: main
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.SetLevel(sentry.LevelWarning)
		sentry.CaptureMessage("stock is low")
	})
	charge() // mark: pay
}
