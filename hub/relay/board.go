package relay

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/pion/turn/v5"
)

const (
	maxLines    = 64  // allocations at once: a browser makes one for each of its networks
	maxOfWindow = 24  // of one window
	queue       = 256 // packets that may wait for one allocation
)

// nowhere is the address that all relayed addresses have: nobody's, in no network (RFC 5737).
func nowhere() net.IP { return net.IPv4(192, 0, 2, 1) }

var (
	errFull  = errors.New("relay: as many allocations as there may be")
	errNoTCP = errors.New("relay: no TCP is relayed")
	errUser  = errors.New("relay: an allocation for nobody's window")
)

// board is where packets from one allocation to another are handed over. It is pion's RelayAddressGenerator.
type board struct {
	now func() time.Time

	mu     sync.Mutex
	closed bool
	lines  map[int]*line // by port
}

func newBoard(now func() time.Time) *board { return &board{now: now, lines: map[int]*line{}} }

// Validate implements turn.RelayAddressGenerator.
func (b *board) Validate() error { return nil }

// AllocatePacketConn makes a line for a user whose name was authenticated.
func (b *board) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	end, window, ok := parse(c.UserID)
	if !ok {
		return nil, nil, errUser
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	of := 0
	for _, l := range b.lines {
		if l.window == window {
			of++
		}
	}
	if b.closed || len(b.lines) >= maxLines || of >= maxOfWindow {
		return nil, nil, errFull
	}
	port := 0
	for port == 0 || b.lines[port] != nil {
		port = 1024 + rand.IntN(1<<16-1024)
	}
	l := &line{board: b, window: window, at: &net.UDPAddr{IP: nowhere(), Port: port}, came: make(chan packet, queue), done: make(chan struct{})}
	b.lines[port] = l
	l.over = time.AfterFunc(end.Sub(b.now()), func() { _ = l.Close() })
	return l, l.at, nil
}

// AllocateListener implements turn.RelayAddressGenerator.
func (b *board) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

// AllocateConn implements turn.RelayAddressGenerator.
func (b *board) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// end closes a window's lines.
func (b *board) end(window string) { b.drop(func(l *line) bool { return l.window == window }) }

func (b *board) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.drop(func(*line) bool { return true })
}

func (b *board) drop(which func(*line) bool) {
	b.mu.Lock()
	var all []*line
	for _, l := range b.lines {
		if which(l) {
			all = append(all, l)
		}
	}
	b.mu.Unlock()
	for _, l := range all {
		_ = l.Close()
	}
}

// line is one allocation's end on the board: a net.PacketConn without a socket.
type line struct {
	board  *board
	window string
	at     *net.UDPAddr
	came   chan packet
	over   *time.Timer
	once   sync.Once
	done   chan struct{}
}

type packet struct {
	from *net.UDPAddr
	data []byte
}

// ReadFrom waits for a packet of another line.
func (l *line) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case p := <-l.came:
		return copy(b, p.data), p.from, nil
	case <-l.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo hands a packet to another line of the same window; any other address is nobody's, and what is sent
// there is lost, as is what comes faster than it is taken.
func (l *line) WriteTo(b []byte, to net.Addr) (int, error) {
	at, ok := to.(*net.UDPAddr)
	if !ok || !at.IP.Equal(nowhere()) {
		return len(b), nil
	}
	l.board.mu.Lock()
	other := l.board.lines[at.Port]
	l.board.mu.Unlock()
	if other == nil || other.window != l.window {
		return len(b), nil
	}
	select {
	case other.came <- packet{l.at, bytes.Clone(b)}:
	default:
	}
	return len(b), nil
}

// Close ends the allocation.
func (l *line) Close() error {
	l.once.Do(func() {
		l.board.mu.Lock()
		defer l.board.mu.Unlock()
		delete(l.board.lines, l.at.Port)
		l.over.Stop()
		close(l.done)
	})
	return nil
}

// LocalAddr is the relayed address.
func (l *line) LocalAddr() net.Addr { return l.at }

// SetDeadline does nothing: pion sets one only to end a read, and Close ends it.
func (l *line) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing.
func (l *line) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing: no write waits.
func (l *line) SetWriteDeadline(time.Time) error { return nil }
