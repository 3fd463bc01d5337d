package relay

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"

	"vestibule/hub/wire"
)

// tap is a viewer's network. Deaf, it keeps from its WebRTC every DTLS record, the goodbye among them, so that
// the SRTP session and its keys live on after the device has ended the viewing.
type tap struct {
	*stdnet.Net
	mu       sync.Mutex
	deaf     bool
	pictures int       // packets of the picture that came
	last     time.Time // when the last one did
	feedback int       // packets of RTCP that went out
}

func newTap(t *testing.T) *tap {
	t.Helper()
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	return &tap{Net: n}
}

func (p *tap) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := p.Net.ListenUDP(network, at)
	return &tapped{c, p}, err
}

type tapped struct {
	transport.UDPConn
	tap *tap
}

// What a packet is, by its first byte (RFC 7983), and of RTP and RTCP by its second (RFC 5761).
func isDTLS(b []byte) bool { return len(b) > 0 && b[0] >= 20 && b[0] <= 63 }
func isRTP(b []byte) bool {
	return len(b) > 1 && b[0] >= 128 && b[0] <= 191 && (b[1] < 192 || b[1] > 223)
}
func isRTCP(b []byte) bool {
	return len(b) > 1 && b[0] >= 128 && b[0] <= 191 && b[1] >= 192 && b[1] <= 223
}

func (c *tapped) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		c.tap.mu.Lock()
		if isRTP(b[:n]) {
			c.tap.pictures++
			c.tap.last = time.Now()
		}
		drop := c.tap.deaf && isDTLS(b[:n])
		c.tap.mu.Unlock()
		if !drop {
			return n, from, nil
		}
	}
}

func (c *tapped) WriteTo(b []byte, to net.Addr) (int, error) {
	c.tap.mu.Lock()
	if isRTCP(b) {
		c.tap.feedback++
	}
	c.tap.mu.Unlock()
	return c.UDPConn.WriteTo(b, to)
}

func (p *tap) seen() (pictures int, last time.Time, feedback int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pictures, p.last, p.feedback
}

// wantAll asks for every sequence number that there is to be sent again.
func (b *browser) wantAll(ssrc uint32) {
	all := make([]uint16, 1<<16)
	for i := range all {
		all[i] = uint16(i)
	}
	pairs := rtcp.NackPairsFromSequenceNumbers(all)
	for len(pairs) > 0 {
		n := min(len(pairs), 200)
		// An error is a port that nobody has open any more.
		_ = b.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: pairs[:n]}})
		pairs = pairs[n:]
	}
}

// However a viewing ends, nothing comes after a second, and nothing that was sent before can be fetched: not
// by a viewer who has kept the keys, and asks for each of the 65,536 sequence numbers again. While the viewing
// lasts, the same question brings packets.
func TestNothingIsSentAgainAfterTheEnd(t *testing.T) {
	h := newHome(t)
	w := &play{t: t, home: h}
	stop := w.pictures()
	defer func() { stop() }()
	member := newKey(t)
	h.grant(member)
	h.happens(wire.GrantAdded, 1)
	// The names of windows are those of the ways in which they end.
	for _, way := range []struct {
		name   string
		length time.Duration
		end    func(v *browser, until time.Time) (from time.Time)
	}{
		{"cancelled", time.Hour, func(*browser, time.Time) time.Time { h.cancel("cancelled"); return time.Now() }},
		{"over", 10 * time.Second, func(_ *browser, until time.Time) time.Time { time.Sleep(time.Until(until)); return until }},
		{"goodbye", time.Hour, func(v *browser, _ time.Time) time.Time {
			w.hangUp(v.call.Nonce)
			return time.Now()
		}},
		{"removed", time.Hour, func(*browser, time.Time) time.Time { h.revoke(member); return time.Now() }},
		{"gate-dies", time.Hour, func(*browser, time.Time) time.Time { h.kill(); return time.Now() }},
	} {
		network := newTap(t)
		terms := h.plan(way.name, way.length, h.owner, member)
		key := member
		if way.name == "gate-dies" { // the member has been removed by then
			key = h.owner
		}
		v := newBrowser(t, key, func(s *webrtc.SettingEngine) {
			s.SetNet(network)
			s.SetICETimeouts(time.Minute, time.Minute, time.Second)
		})
		body, no, ok := w.carry(v.calls(t, terms.Device, terms.Delivery))
		if !ok {
			t.Fatalf("%s: refused: %+v", way.name, no)
		}
		w.take(v.pc, body.SDP)
		until(t, "pictures", func() bool { p, b := v.got(); return p > 100 && b > 0 })
		ssrc := uint32(v.pc.GetReceivers()[0].Track().SSRC())

		stop() // so that only old ones can come
		time.Sleep(50 * time.Millisecond)
		before, _, _ := network.seen()
		v.wantAll(ssrc)
		again := 0
		until(t, "old packets", func() bool { n, _, _ := network.seen(); again = n - before; return again > 0 }) // of those since the newest key frame
		stop = w.pictures()

		network.mu.Lock()
		network.deaf = true
		network.mu.Unlock()
		from := way.end(v, terms.Until)
		until(t, way.name+": nobody watches", func() bool { return h.audience.Count() == 0 })
		cut := time.Since(from)
		time.Sleep(time.Until(from.Add(time.Second)))
		ended, last, asked := network.seen()
		for range 5 {
			v.wantAll(ssrc)
			time.Sleep(50 * time.Millisecond) // answers would be here in a millisecond
		}
		time.Sleep(200 * time.Millisecond)
		after, _, askedNow := network.seen()
		t.Logf("%-10s nobody watches after %v, the last packet came after %v; %d packets of NACK brought %d (while it lasted, 20 of them brought %d)",
			way.name, cut.Round(time.Millisecond), last.Sub(from).Round(time.Millisecond), askedNow-asked, after-ended, again)
		if last.Sub(from) > time.Second || after != ended {
			t.Errorf("%s: the last packet came %v after the end, and %d more when asked for", way.name, last.Sub(from), after-ended)
		}
		if askedNow-asked < 50 {
			t.Errorf("%s: only %d packets of NACK were sent: the viewer has lost its keys, and the test tests nothing", way.name, askedNow-asked)
		}
		_ = v.pc.Close()
		if way.name == "goodbye" {
			h.cancel(way.name)
		}
		if way.name != "gate-dies" {
			closed := func() bool { n, _ := h.count(wire.WindowClosed); return n == h.closings+1 }
			if way.name == "removed" {
				h.cancel(way.name)
			}
			until(t, "the window is closed", closed)
			h.closings++
		}
	}
}
