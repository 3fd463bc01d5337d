package broker

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// Times of a connection.
const (
	helloTime   = 10 * time.Second // to say who one is
	goodbyeTime = time.Second      // to take our last word
)

// listener hands connections to the broker, not too many at a time, and ends them all
// when it is closed. It implements listeners.Listener.
type listener struct {
	ln  net.Listener
	log *slog.Logger

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	done   sync.WaitGroup
}

func newListener(ln net.Listener, log *slog.Logger) *listener {
	return &listener{ln: ln, log: log, conns: map[net.Conn]struct{}{}}
}

// Init implements listeners.Listener.
func (l *listener) Init(*slog.Logger) error { return nil }

// ID implements listeners.Listener.
func (l *listener) ID() string { return "tcp" }

// Address implements listeners.Listener.
func (l *listener) Address() string { return l.ln.Addr().String() }

// Protocol implements listeners.Listener.
func (l *listener) Protocol() string { return "tcp" }

// Serve implements listeners.Listener.
func (l *listener) Serve(establish listeners.EstablishFn) {
	wait := time.Duration(0)
	for {
		conn, err := l.ln.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // too many open files, a connection that is gone already
			wait = min(max(2*wait, 5*time.Millisecond), time.Second)
			l.log.Error("mqtt accept", "error", err, "wait", wait)
			time.Sleep(wait)
			continue
		}
		wait = 0
		if !l.add(conn) {
			conn.Close()
			continue
		}
		go func() {
			defer l.remove(conn)
			// The broker sets its own deadlines once it knows the client.
			if err := conn.SetDeadline(time.Now().Add(helloTime)); err != nil {
				return
			}
			if err := establish(l.ID(), conn); err != nil {
				l.log.Debug("mqtt connection ended", "remote", conn.RemoteAddr(), "error", err)
			}
		}()
	}
}

func (l *listener) add(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.conns) >= MaxClients {
		return false
	}
	l.conns[c] = struct{}{}
	l.done.Add(1)
	return true
}

func (l *listener) remove(c net.Conn) {
	c.Close()
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	l.done.Done()
}

// Close implements listeners.Listener: it tells clients, ends every connection, known to
// the broker or not, and waits for all of them.
func (l *listener) Close(closeClients listeners.CloseFn) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	if err := l.ln.Close(); err != nil {
		l.log.Error("mqtt listener", "error", err)
	}
	force := time.AfterFunc(goodbyeTime, l.closeConns) // a client that does not listen must not keep us
	closeClients(l.ID())
	force.Stop()
	l.closeConns()
	l.done.Wait()
}

func (l *listener) closeConns() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Close()
	}
}
