// Package broker is the MQTT broker inside the hub (mochi-mqtt): who may connect, who
// may say and hear what, and the hub's own voice on it. Topics and payloads are package
// wire's.
//
// What one must know of mochi-mqtt 2.7 to change anything here:
//
//   - Permission is given by any hook that gives it, so there is exactly one hook, guard,
//     and a test counts.
//   - A last will is published without asking; guard looks at it when the client connects.
//   - Sessions belong to whoever brings a client id, so guard names them itself: nobody
//     takes over another's, nor the hub's own ("inline").
//   - Retained messages vanish after 24 h unless MaximumMessageExpiryInterval is 0.
//   - A connection that says nothing is waited for for ever, also at the end; our own
//     listener gives it ten seconds, and closes what is left.
//   - It acknowledges a message before anybody has handled it. That is why devices go by
//     "seen" and not by PUBACK.
//   - It mixes up its own packet ids with the client's: a SUBSCRIBE whose id a message to
//     that client has just now would be refused.
//   - It logs whole packets; our logger leaves those out.
//
// Nothing is kept on disk: the house offers everything again when it opens. Sessions end
// with their connection, so nothing piles up for somebody who is away.
package broker

import (
	"fmt"
	"log/slog"
	"net"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

// Limits of the broker. A letter is at most 64 KiB, a pass 16 KiB.
const (
	MaxPacket  = 128 << 10
	MaxClients = 256
	maxQueue   = 256     // messages waiting for one client; beyond, they are dropped
	maxSaying  = 8 << 10 // bytes of a state or an event
)

// Inbox takes what devices say. Both methods may be called from many goroutines, for one
// device from one at a time.
type Inbox interface {
	Receive(topic string, payload []byte)
	Gone(device string) // its connection ended, in whatever way
}

// Broker is a broker on one listener.
type Broker struct {
	server *mqtt.Server
	guard  *guard
	listen *listener
	end    sync.Once
	err    error
}

// New makes a broker that will serve on ln, which it owns from now on. It can publish at
// once; it lets nobody in before Serve.
func New(ln net.Listener, users house.Users, log *slog.Logger) (*Broker, error) {
	server := mqtt.New(&mqtt.Options{
		InlineClient:           true,
		Logger:                 slog.New(discreet{log.Handler()}),
		SysTopicResendInterval: 24 * 60 * 60, // nobody may read $SYS, and it stops the world
		Capabilities: &mqtt.Capabilities{
			MaximumClients:               MaxClients,
			MaximumClientWritesPending:   maxQueue,
			MaximumMessageExpiryInterval: 0,
			MaximumSessionExpiryInterval: 60,
			MaximumPacketSize:            MaxPacket,
			ReceiveMaximum:               1024,
			MaximumInflight:              maxQueue,
			MinimumProtocolVersion:       4, // MQTT 3.1.1
			MaximumQos:                   2,
			RetainAvailable:              1,
			WildcardSubAvailable:         1,
		},
	})
	b := &Broker{server: server, guard: newGuard(users, log), listen: newListener(ln, log)}
	if err := server.AddHook(b.guard, nil); err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	if err := server.AddListener(b.listen); err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	return b, nil
}

// Serve lets clients in and hands what devices say to the inbox. It returns at once.
func (b *Broker) Serve(inbox Inbox) error {
	b.guard.inbox = inbox
	for i, leaf := range []string{wire.LeafOnline, wire.LeafState, wire.LeafPulse, wire.LeafEvent + "/+", wire.LeafLetterOut, wire.LeafLock} {
		err := b.server.Subscribe(wire.Topic("+", leaf), i+1, func(_ *mqtt.Client, _ packets.Subscription, pk packets.Packet) {
			if pk.Origin != mqtt.InlineClientId { // the hub's own words
				inbox.Receive(pk.TopicName, pk.Payload)
			}
		})
		if err != nil {
			return fmt.Errorf("mqtt: %w", err)
		}
	}
	if err := b.server.Serve(); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	return nil
}

// Publish says something in the hub's name, at least once to whoever is connected. It
// implements house.Post.
func (b *Broker) Publish(topic string, payload []byte, retain bool) error {
	if err := b.server.Publish(topic, payload, retain, 1); err != nil {
		return fmt.Errorf("mqtt: %s: %w", topic, err)
	}
	return nil
}

// Addr is where the broker listens.
func (b *Broker) Addr() net.Addr { return b.listen.ln.Addr() }

// Close disconnects everybody and waits until the last message was handled.
func (b *Broker) Close() error {
	b.end.Do(func() { b.err = b.server.Close() })
	return b.err
}
