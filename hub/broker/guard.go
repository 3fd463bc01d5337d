package broker

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

// guard is the broker's one hook: it knows who is who and who may do what.
type guard struct {
	mqtt.HookBase
	users house.Users
	log   *slog.Logger
	inbox Inbox // set before anybody is let in

	mu      sync.Mutex
	current map[string]*mqtt.Client // by session; the connection that holds it
}

func newGuard(users house.Users, log *slog.Logger) *guard {
	return &guard{users: users, log: log, current: map[string]*mqtt.Client{}}
}

// ID implements mqtt.Hook.
func (g *guard) ID() string { return "guard" }

// Provides implements mqtt.Hook.
func (g *guard) Provides(b byte) bool {
	switch b {
	case mqtt.OnConnectAuthenticate, mqtt.OnACLCheck, mqtt.OnSessionEstablish, mqtt.OnSubscribe, mqtt.OnUnsubscribe,
		mqtt.OnPublish, mqtt.OnWill, mqtt.OnDisconnect:
		return true
	}
	return false
}

// A session's name says whose it is; [permits] goes by it. A device has one session,
// whatever client id it brings, so that a new connection replaces a dead one; readers
// may have several.
const (
	deviceSession = "device:"
	readerSession = "reader:"
)

func sessionName(u house.User, clientID string) string {
	switch u.Role {
	case house.RoleDevice:
		return deviceSession + u.Device
	case house.RoleReader:
		return readerSession + u.Name + ":" + clientID
	}
	return ""
}

// lookupTime bounds how long a login may wait for the disk.
const lookupTime = 5 * time.Second

// OnConnectAuthenticate lets in whoever has a user's password, under the name of their
// role. It implements mqtt.Hook.
func (g *guard) OnConnectAuthenticate(cl *mqtt.Client, pk packets.Packet) bool {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	name := string(pk.Connect.Username)
	if name == "" || len(name) > 128 || len(cl.ID) > 128 {
		return g.refuse(cl, name, "no credentials")
	}
	u, err := g.users.User(ctx, name)
	if err != nil {
		g.log.Error("mqtt login", "user", name, "error", err)
		return false
	}
	if !u.Check(pk.Connect.Password) {
		return g.refuse(cl, name, "unknown user or wrong password")
	}
	session := sessionName(u, cl.ID)
	if session == "" {
		return g.refuse(cl, name, "user has no role")
	}
	if pk.Connect.WillFlag && (pk.Connect.WillTopic != wire.Topic(u.Device, wire.LeafOnline) || !permits(session, pk.Connect.WillTopic, true)) {
		return g.refuse(cl, name, "last will about something else than being online")
	}
	cl.ID = session
	// A session ends with its connection: what must not be lost is retained.
	cl.Properties.Clean = true
	cl.Properties.Props.SessionExpiryInterval, cl.Properties.Props.SessionExpiryIntervalFlag = 0, true
	// With a send quota, the broker takes a read lock twice and can lock itself up.
	cl.State.Inflight.ResetSendQuota(0)
	return true
}

func (g *guard) refuse(cl *mqtt.Client, user, why string) bool {
	g.log.Warn("mqtt login refused", "user", user, "remote", cl.Net.Remote, "why", why)
	return false
}

// OnACLCheck implements mqtt.Hook. The broker asks for every subscription, and again for
// every message to a subscriber.
func (g *guard) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	return permits(cl.ID, topic, write)
}

// permits is the whole of the broker's rules: may the session publish to a topic, or
// hear of a topic or topic filter?
func permits(session, topic string, write bool) bool {
	if strings.HasPrefix(session, readerSession) && !write && strings.HasSuffix(topic, "#") && isWide(topic) {
		return true
	}
	device, rest, ok := wire.SplitTopic(topic)
	if !ok {
		return false
	}
	leaf, tail, _ := strings.Cut(rest, "/")
	if id, ok := strings.CutPrefix(session, deviceSession); ok {
		if id == "" || device != id {
			return false
		}
		if write {
			return rest == wire.LeafOnline || rest == wire.LeafState || rest == wire.LeafPulse || rest == wire.LeafLetterOut || leaf == wire.LeafEvent && isWord(tail)
		}
		return rest == wire.LeafLetterIn || rest == wire.LeafSeen || slices.Contains(wire.NoteLeaves(), leaf) && isLevel(tail)
	}
	if strings.HasPrefix(session, readerSession) && write {
		return rest == wire.LeafLock
	}
	if strings.HasPrefix(session, readerSession) && isLevel(device) && device != "#" {
		return rest == wire.LeafOnline || rest == wire.LeafState || leaf == wire.LeafEvent && isLevel(tail) && !wire.Kind(tail).Discreet()
	}
	return false
}

// isWide: a reader may ask for everything, as people do who type mosquitto_sub -t '#'.
// They get what they may hear, because the broker asks again for every message.
func isWide(filter string) bool {
	root, version, _ := strings.Cut(wire.Root, "/")
	return filter == "#" || filter == root+"/#" || filter == root+"/"+version+"/#" ||
		strings.HasPrefix(filter, wire.Root+"/") && strings.Count(filter, "/") == 3
}

// isWord: one level of a kind of event. The kinds of a newer device are let through.
func isWord(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// isLevel: one level of a topic, or a wild card in its place.
func isLevel(s string) bool {
	return s == "#" || s == "+" || s != "" && len(s) <= 64 && !strings.ContainsAny(s, "/#+$\x00")
}

// OnSubscribe implements mqtt.Hook. The broker refuses a packet id that one of its own
// messages on the way to this client happens to have, although the two have nothing to do
// with one another. It may forget that message's id: sessions end with their connection,
// so it will never be sent again.
func (g *guard) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	cl.State.Inflight.Delete(pk.PacketID)
	return pk
}

// OnUnsubscribe implements mqtt.Hook, for the same reason.
func (g *guard) OnUnsubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	return g.OnSubscribe(cl, pk)
}

// OnPublish implements mqtt.Hook: only what is true until further notice stays, and
// nothing is longer than it can honestly be.
func (g *guard) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	if cl.Net.Inline {
		return pk, nil
	}
	_, rest, _ := wire.SplitTopic(pk.TopicName)
	if len(pk.Payload) > maxSaying && rest != wire.LeafLetterOut {
		g.log.Warn("mqtt message refused", "session", cl.ID, "topic", pk.TopicName, "bytes", len(pk.Payload))
		return pk, packets.CodeSuccessIgnore // acknowledged, so that it is not sent again, and dropped
	}
	if pk.FixedHeader.Retain {
		pk.FixedHeader.Retain = rest == wire.LeafOnline || rest == wire.LeafState
	}
	return pk, nil
}

// OnSessionEstablish implements mqtt.Hook: the newest connection holds the session.
func (g *guard) OnSessionEstablish(cl *mqtt.Client, _ packets.Packet) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.current[cl.ID] = cl
}

// OnWill implements mqtt.Hook. A device that is back already must not be called gone by
// the will of its former connection; a will to nobody is how to say nothing.
func (g *guard) OnWill(cl *mqtt.Client, will mqtt.Will) (mqtt.Will, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current[cl.ID] != cl {
		return mqtt.Will{}, nil
	}
	return will, nil
}

// OnDisconnect implements mqtt.Hook.
func (g *guard) OnDisconnect(cl *mqtt.Client, _ error, _ bool) {
	// The lock is held while the house is told, or a device that comes back in that
	// moment would be called gone afterwards.
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current[cl.ID] != cl {
		return
	}
	delete(g.current, cl.ID)
	if device, ok := strings.CutPrefix(cl.ID, deviceSession); ok && g.inbox != nil {
		g.inbox.Gone(device)
	}
}
