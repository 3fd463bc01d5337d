package relay

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// wiretap is a way to the broker that notes when something comes from link, and be it only that it has gone.
type wiretap struct {
	addr string

	mu   sync.Mutex
	last time.Time
}

func (p *wiretap) came() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

func (p *wiretap) latest() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func startWiretap(t *testing.T, to string) *wiretap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &wiretap{addr: l.Addr().String()}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.came()
			b, err := net.Dial("tcp", to)
			if err != nil {
				_ = c.Close()
				continue
			}
			// What the broker does to its end stays there: the side of link is link's alone to close.
			go func() { _, _ = io.Copy(c, b) }()
			go func() {
				defer func() { _, _ = c.Close(), b.Close() }()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					p.came()
					if err != nil {
						return
					}
					if _, err := b.Write(buf[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return p
}

// In a drill nothing at all comes from link, no goodbye and no new connection, for as long as it lasts; gate hears by
// itself that the hub is gone, and is told at once when it is back.
func TestADrillIsSilence(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "127.0.0.1:0")
	p := startWiretap(t, b.addr)
	g := newGate(t)
	g.start()
	startLink(t, p.addr, g)
	until(t, "link is there", func() bool { online, _ := b.lastOnline(); return online })

	// Without a window there is no pulse; with one there are two a second, and a last one.
	g.send(pipe.TypeState, wire.State{Delivery: "d"})
	until(t, "pulses come", func() bool { n, again := b.pulsed(); return n >= 3 && again == 500 })
	g.send(pipe.TypeState, wire.State{})
	until(t, "they end", func() bool { _, again := b.pulsed(); return again == 0 })
	n, _ := b.pulsed()
	time.Sleep(3 * pulseEvery)
	if more, _ := b.pulsed(); more != n {
		t.Errorf("%d pulses after the last one", more-n)
	}
	g.send(pipe.TypeState, wire.State{Delivery: "d"})
	until(t, "they come again", func() bool { more, again := b.pulsed(); return more > n && again == 500 })

	begun := time.Now().Add(200 * time.Millisecond)
	g.send(pipe.TypeDrill, pipe.Drill{At: monotonic() + 200*time.Millisecond})
	until(t, "gate is told that the hub is gone", func() bool { return !g.lastNet() })
	if took := time.Since(begun); took < 0 {
		t.Errorf("%v early", -took)
	}
	time.Sleep(time.Until(begun.Add(pass.DrillFor - 500*time.Millisecond)))
	if late := p.latest().Sub(begun); late > time.Second { // a busy machine falls silent late; what a goodbye or a new connection is comes later
		t.Errorf("link was heard %v after it fell silent", late)
	}
	until(t, "gate is told that the hub is back", g.lastNet)
	if took := time.Since(begun); took < pass.DrillFor {
		t.Errorf("back after %v", took)
	}
	t.Logf("back %v after its end", time.Since(begun)-pass.DrillFor)
	until(t, "it is there again", func() bool { online, _ := b.lastOnline(); return online })
}

// pulsed says how many pulses came, and within what the next was told to.
func (b *broker) pulsed() (n, again int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.pulses) == 0 {
		return 0, 0
	}
	return len(b.pulses), b.pulses[len(b.pulses)-1].Again
}

// lastNet is what gate was last told of the hub.
func (g *gate) lastNet() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.nets) > 0 && g.nets[len(g.nets)-1]
}
