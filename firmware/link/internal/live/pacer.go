package live

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
)

const (
	// paceOver is how much faster than the estimate packets may leave, in percent: a picture that is larger than its
	// share must not wait for long, and a line of little patience drops what comes at once.
	paceOver = 250
	// paceQueue is how many packets may wait. It is more than the largest picture has at the rates that are paced.
	paceQueue = 256
)

// pacer spreads a picture's packets on a line that is worse than one that nothing is known of; on others they leave
// at once, on the caller's time. pion's own pacers know the picture's stream only, and lose what is sent again in
// RTX's; here is one picture a connection, whose writer takes both.
type pacer struct {
	bits atomic.Int64  // the estimate, bit/s
	over atomic.Int64  // what is believed beyond it, bit/s in all; see spare
	sent atomic.Uint64 // bits, so far

	mu     sync.Mutex
	out    interceptor.RTPWriter
	queue  []waiting
	closed bool
	more   chan struct{} // has one token while something waits
	done   chan struct{}
}

// waiting is a packet's copy: its buffers are others' once Write has returned.
type waiting struct {
	header     rtp.Header
	payload    []byte
	attributes interceptor.Attributes
}

func newPacer() *pacer {
	p := &pacer{more: make(chan struct{}, 1), done: make(chan struct{})}
	p.bits.Store(firstBits)
	go p.run()
	return p
}

// AddStream implements gcc.Pacer.
func (p *pacer) AddStream(_ uint32, out interceptor.RTPWriter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = out
}

// SetTargetBitrate implements gcc.Pacer.
func (p *pacer) SetTargetBitrate(bits int) { p.bits.Store(int64(bits)) }

// Write sends a packet, now or soon.
func (p *pacer) Write(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch size := h.MarshalSize() + len(payload); {
	case p.out == nil || p.closed:
		return 0, io.ErrClosedPipe
	case len(p.queue) == 0 && p.bits.Load() >= firstBits:
		p.sent.Add(uint64(size * 8))
		return p.out.Write(h, payload, a)
	case len(p.queue) >= paceQueue:
		return size, nil // lost, as on the line
	default:
		p.queue = append(p.queue, waiting{h.Clone(), slices.Clone(payload), a})
		select {
		case p.more <- struct{}{}:
		default:
		}
		return size, nil
	}
}

// run sends what waits, one packet after another.
func (p *pacer) run() {
	defer close(p.done)
	for range p.more {
		for {
			wait, ok := p.one()
			if !ok {
				break
			}
			time.Sleep(wait)
		}
	}
}

// one sends the packet that has waited longest; wait is its time on the line.
func (p *pacer) one() (wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) > 0 && !p.closed {
		w := p.queue[0]
		p.queue = p.queue[1:]
		n, err := p.out.Write(&w.header, w.payload, w.attributes)
		if err != nil {
			continue // a closing connection
		}
		p.sent.Add(uint64(n * 8))
		return time.Duration(n*8) * time.Second * 100 / paceOver / time.Duration(max(p.bits.Load(), p.over.Load(), leastBits)), true
	}
	return 0, false
}

// Close implements gcc.Pacer: nothing is sent once it has returned.
func (p *pacer) Close() error {
	p.mu.Lock()
	if !p.closed {
		p.closed, p.queue = true, nil
		close(p.more)
	}
	p.mu.Unlock()
	<-p.done
	return nil
}
