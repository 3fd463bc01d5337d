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
	"vestibule/hub/relay"
	"vestibule/hub/sqlite"
	"vestibule/hub/web"
	"vestibule/hub/wire"
)

// options are how a hub is served.
type options struct {
	http, mqtt string // loopback addresses
	origin     string // of the pages besides loopback; may be empty
	relay      string // where the relay listens, by UDP; empty for no relay
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
	relay  *relay.Relay // nil without one
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
	c := web.Config{House: h.house, Sessions: store, Origin: o.origin, Now: o.now, Log: o.log}
	if o.relay != "" {
		if h.relay, err = openRelay(o); err != nil {
			return nil, errors.Join(err, h.broker.Close(), http.Close())
		}
		c.Relay = h.relay
	}
	h.web, err = web.New(c, http)
	if err != nil {
		return nil, errors.Join(err, h.closeRelay(), h.broker.Close(), http.Close())
	}
	return h, nil
}

func openRelay(o options) (*relay.Relay, error) {
	conn, err := net.ListenPacket("udp", o.relay)
	if err != nil {
		return nil, fmt.Errorf("-relay %s: %w", o.relay, err)
	}
	return relay.New(conn, o.now)
}

func (h *hub) closeRelay() error {
	if h.relay == nil {
		return nil
	}
	return h.relay.Close()
}

// endRelays ends what is relayed for a window when its device says that it is over.
func (h *hub) endRelays(ctx context.Context) {
	for ctx.Err() == nil {
		f := h.house.Follow(func(n house.News) bool {
			return n.Event != nil && (n.Event.Kind == wire.WindowClosed || n.Event.Kind == wire.Cancelled)
		})
		h.endEach(ctx, f)
		f.Close()
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

func (h *hub) endEach(ctx context.Context, f *house.Follower) {
	for {
		select {
		case n, ok := <-f.C:
			if !ok {
				return // the house is closed, or very much happens at once
			}
			if h.house.IsOf(ctx, n.Device, n.Event.Delivery) { // a device ends its own windows only
				h.relay.End(n.Event.Delivery)
			}
		case <-ctx.Done():
			return
		}
	}
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
	if h.relay != nil {
		h.work.Go(func() { h.endRelays(ctx) })
		h.log.Info("relaying", "port", h.relay.Port())
	}
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
	err := errors.Join(h.web.Close(), h.closeRelay(), h.broker.Close())
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
