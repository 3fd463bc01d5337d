package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"vestibule/hub/broker"
	"vestibule/hub/house"
	"vestibule/hub/sqlite"
	"vestibule/hub/web"
)

// options are how a hub is served.
type options struct {
	http, mqtt string // loopback addresses
	origin     string // of the pages besides loopback; may be empty
	now        func() time.Time
	log        *slog.Logger
}

// hub is the running program: broker, house and pages around one store, which stays the
// caller's.
type hub struct {
	log    *slog.Logger
	house  *house.House
	broker *broker.Broker
	web    *web.Server
	work   sync.WaitGroup
	stop   context.CancelFunc
}

// newHub takes the addresses; nobody is answered before Run.
func newHub(o options, store *sqlite.Store) (*hub, error) {
	mqtt, err := listen("-mqtt", o.mqtt)
	if err != nil {
		return nil, err
	}
	http, err := listen("-http", o.http)
	if err != nil {
		return nil, errors.Join(err, mqtt.Close())
	}
	h := &hub{log: o.log, stop: func() {}}
	if h.broker, err = broker.New(mqtt, store, o.log); err != nil {
		return nil, errors.Join(err, mqtt.Close(), http.Close())
	}
	h.house = house.New(store, h.broker, o.now, o.log)
	h.web, err = web.New(web.Config{House: h.house, Sessions: store, Origin: o.origin, Now: o.now, Log: o.log}, http)
	if err != nil {
		return nil, errors.Join(err, h.broker.Close(), http.Close())
	}
	return h, nil
}

// Run serves until ctx ends or something can't go on.
func (h *hub) Run(ctx context.Context) error {
	ctx, h.stop = context.WithCancel(ctx)
	// What devices should know is there before the first one connects.
	if err := h.house.Open(ctx); err != nil {
		if errors.Is(err, ctx.Err()) { // stopped while it was starting
			return nil
		}
		return err
	}
	if err := h.broker.Serve(h.house); err != nil {
		return err
	}
	h.work.Go(func() { h.house.Run(ctx) })
	failed := make(chan error, 1)
	h.work.Go(func() { failed <- h.web.Serve() })
	h.log.Info("serving", "pages", "http://"+h.web.Addr().String(), "mqtt", "mqtt://"+h.broker.Addr().String())
	select {
	case <-ctx.Done():
		h.log.Info("stopping")
		return nil
	case err := <-failed:
		return err
	}
}

// Close ends streams, pages and broker, in that order, and waits for all of them.
func (h *hub) Close() error {
	h.house.Close()
	err := errors.Join(h.web.Close(), h.broker.Close())
	h.stop()
	h.work.Wait()
	return err
}

// listen opens a loopback address, and no other: neither the pages nor MQTT are encrypted
// here, so whoever shares the network could read and change them.
func listen(flag, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%s %q is not like 127.0.0.1:8080", flag, address)
	}
	if host == "localhost" {
		host = "127.0.0.1" // whatever the machine's own files say
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s %s: without encryption the hub serves this machine only; use 127.0.0.1:%s", flag, address, port)
	}
	ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, address, err)
	}
	return ln, nil
}
