package live

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"vestibule/hub/relay"
	"vestibule/hub/wire"
)

// ear is the relay's socket, and keeps every byte that crosses it.
type ear struct {
	net.PacketConn
	mu      sync.Mutex
	packets [][]byte
}

func (e *ear) keep(b []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.packets = append(e.packets, bytes.Clone(b))
}

func (e *ear) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := e.PacketConn.ReadFrom(b)
	e.keep(b[:n])
	return n, from, err
}

func (e *ear) WriteTo(b []byte, to net.Addr) (int, error) {
	e.keep(b)
	return e.PacketConn.WriteTo(b, to)
}

// relayed is what one packet to or from a relay carries for somebody else: of channel data (RFC 8656, section 12.4)
// or of an indication with a DATA attribute; nil when it is the relay's own talk.
func relayed(b []byte) []byte {
	if len(b) >= 4 && b[0]&0xc0 == 0x40 {
		return b[4:min(len(b), 4+int(binary.BigEndian.Uint16(b[2:])))]
	}
	if len(b) < 20 || b[0]&0xc0 != 0 {
		return nil
	}
	for rest := b[20:]; len(rest) >= 4; {
		kind, n := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if 4+n > len(rest) {
			return nil
		}
		if kind == 0x0013 {
			return rest[4 : 4+n]
		}
		rest = rest[min(len(rest), 4+(n+3)/4*4):]
	}
	return nil
}

// A viewing that can go no other way goes over the hub's relay. Of the picture and of the beats not a piece of 12
// bytes is seen there: what crosses it is ICE's own checks, DTLS and SRTP, and of DTLS, once it has shaken hands,
// application data only.
func TestARelaySeesOnlyCiphertext(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard := &ear{PacketConn: conn}
	r, err := relay.New(heard, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	h := newHouse(t)
	h.cfg.Hub = "127.0.0.1"
	end := time.Now().Add(time.Hour)
	mine, theirs := r.Credentials("d-1", relay.Viewer, end), r.Credentials("d-1", relay.Device, end)
	p := newPhoneBy(t, webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{"turn:" + conn.LocalAddr().String() + "?transport=udp"}, Username: mine.User, Credential: mine.Password}},
	})
	offer := p.offer()
	if !strings.Contains(offer.SDP, "typ relay") || strings.Contains(offer.SDP, "typ host") {
		t.Fatalf("the viewer has other ways than the relay:\n%s", offer.SDP)
	}
	offer.Relay = &theirs
	p.joins(h, offer)
	note := "vestibule/beat/v2\n" + strings.Repeat("the beat that no relay reads\n", 8)
	ctx, stop := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	sending.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			u := units()[i%len(units())]
			u.At = h.now
			h.Unit(u)
			if i%10 == 0 {
				h.Beat([]byte(note))
			}
			time.Sleep(3 * time.Millisecond)
		}
	})
	until(t, "pictures and beats", func() bool {
		_, n := p.got()
		p.mu.Lock()
		defer p.mu.Unlock()
		return n > 600 && len(p.beats) > 5
	})
	stop()
	sending.Wait()

	// Every piece of what must not be seen, to be looked for at every place.
	const piece = 12
	secret := map[[piece]byte]bool{}
	for _, text := range append([][]byte{[]byte(note)}, pictures()...) {
		for i := 0; i+piece <= len(text); i++ {
			secret[[piece]byte(text[i:])] = true
		}
	}
	for plain := range secret { // what encoders write everywhere is no picture
		if bytes.Count(plain[:], plain[:1]) == piece {
			delete(secret, plain)
		}
	}
	seen := func(b []byte) bool {
		for i := 0; i+piece <= len(b); i++ {
			if secret[[piece]byte(b[i:])] {
				return true
			}
		}
		return false
	}
	if got, _ := p.got(); !seen(got[len(got)/2]) || !seen([]byte(p.beats[0])) {
		t.Fatal("what the viewer received is not found: the search finds nothing")
	}
	heard.mu.Lock()
	defer heard.mu.Unlock()
	sums, size := map[string]int{}, 0
	for _, b := range heard.packets {
		size += len(b)
		if seen(b) {
			t.Fatalf("the relay saw a piece of the picture or of a beat: %x", b)
		}
		inner := relayed(b)
		switch {
		case len(inner) == 0:
			sums["the relay's own"]++
		case inner[0] < 4:
			sums["ICE"]++
		case inner[0] == 23 && binary.BigEndian.Uint16(inner[3:]) > 0:
			sums["DTLS application data"]++
		case inner[0] >= 20 && inner[0] <= 22:
			sums["DTLS handshake"]++
		case inner[0] >= 128 && inner[0] <= 191:
			sums["SRTP"]++
		default:
			t.Errorf("something else crosses the relay: %x", inner)
		}
	}
	t.Logf("%d packets, %d bytes crossed the relay: %v; of %d pieces of pictures and beats none", len(heard.packets), size, sums, len(secret))
	if sums["SRTP"] < 600 || sums["DTLS application data"] < 5 || sums["DTLS handshake"] > 60 {
		t.Errorf("the viewing did not go over the relay as it should: %v", sums)
	}
}

func pictures() [][]byte {
	var all [][]byte
	for _, u := range units() {
		all = append(all, u.Data)
	}
	return all
}

// A hub's word on its relay is believed as far as it leads to the hub.
func TestWays(t *testing.T) {
	h := newHouse(t)
	good := &wire.Relay{Port: 3478, User: "u", Password: "p"}
	if w := h.ways(good); w != nil {
		t.Errorf("a device that does not know its hub has the way %v", w)
	}
	h.cfg.Hub = "fd00::1"
	if w := h.ways(good); len(w) != 1 || w[0].URLs[0] != "turn:[fd00::1]:3478?transport=udp" || w[0].Username != "u" || w[0].Credential != "p" {
		t.Errorf("%+v", w)
	}
	long := strings.Repeat("x", maxWord+1)
	for _, bad := range []*wire.Relay{nil, {}, {Port: -1}, {Port: 1 << 16}, {Port: 1, User: long}, {Port: 1, Password: long}, {Port: 1, User: "u"}, {Port: 1, Password: "p"}} {
		if w := h.ways(bad); w != nil {
			t.Errorf("%+v: %v", bad, w)
		}
	}
}
