package sim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"vestibule/hardware/board"
)

const (
	longest = 1024 // bytes of a line from a client
	behind  = 1024 // level changes a client may be behind before they are merged
)

// Server runs a [House] in real time and serves connections to it. Its methods may be called from
// any goroutine.
type Server struct {
	mu       sync.Mutex
	house    *House
	timer    *time.Timer
	pins     *pinsConn // the client that has the pins
	watchers map[chan struct{}]struct{}
	closed   bool
}

// NewServer returns a server of a new house.
func NewServer() *Server {
	s := &Server{house: NewHouse(time.Now()), watchers: map[chan struct{}]struct{}{}}
	s.timer = time.AfterFunc(time.Hour, s.tick)
	s.timer.Stop()
	return s
}

// Do calls f with the house and the time, alone; f must not keep the house nor call the server.
// Clients see what has changed when it returns.
func (s *Server) Do(f func(h *House, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.do(f)
}

func (s *Server) do(f func(h *House, now time.Time)) {
	now := time.Now()
	s.house.Advance(now)
	f(s.house, now)
	s.timer.Stop()
	if next, ok := s.house.Next(); ok && !s.closed {
		s.timer.Reset(max(next.Sub(now), 0))
	}
	if changes := s.house.Changes(); s.pins != nil {
		for _, l := range changes {
			s.pins.send(answer{Levels: l})
		}
	}
	for w := range s.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (s *Server) tick() { s.Do(func(*House, time.Time) {}) }

// View returns what a desk shows of the house now.
func (s *Server) View() View {
	var v View
	s.look(func(h *House) { v = h.View() })
	return v
}

// World returns what a camera could see now.
func (s *Server) World() World {
	var w World
	s.look(func(h *House) { w = h.World() })
	return w
}

// look reads the house without telling watchers.
func (s *Server) look(f func(h *House)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.house)
}

// Notify returns a channel that is receivable after the house may have changed, and what ends that.
func (s *Server) Notify() (changed <-chan struct{}, cancel func()) {
	w := make(chan struct{}, 1)
	w <- struct{}{}
	s.mu.Lock()
	s.watchers[w] = struct{}{}
	s.mu.Unlock()
	return w, func() {
		s.mu.Lock()
		delete(s.watchers, w)
		s.mu.Unlock()
	}
}

// Close stops the house's clock and ends the connection to its pins. Connections that watch the world
// end when their clients do.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.timer.Stop()
	if s.pins != nil {
		return s.pins.end()
	}
	return nil
}

// hello is a client's first line.
type hello struct {
	Hello string `json:"hello"`
}

// order is a line of a client of pins.
type order struct {
	ID    uint64     `json:"id"`
	Pin   board.Role `json:"pin"`
	Drive string     `json:"drive"`
}

// answer is a line to a client of pins.
type answer struct {
	ID     uint64 `json:"id,omitempty"`
	Levels Levels `json:"levels"`
	Error  string `json:"error,omitempty"`
}

// Serve serves one connection until it ends, and closes it.
func (s *Server) Serve(conn io.ReadWriteCloser) error {
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, longest)
	err := s.serve(conn, lines)
	if errors.Is(lines.Err(), bufio.ErrTooLong) { // all other errors of reading are a client's leaving
		err = errors.Join(err, fmt.Errorf("sim: a client's line: %w", lines.Err()))
	}
	_ = conn.Close() // may be closed already
	return err
}

func (s *Server) serve(conn io.ReadWriteCloser, lines *bufio.Scanner) error {
	if !lines.Scan() {
		return nil
	}
	var h hello
	if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
		return fmt.Errorf("sim: a client's first line: %w", err)
	}
	switch h.Hello {
	case "pins":
		return s.servePins(conn, lines)
	case "world":
		return s.serveWorld(conn, lines)
	default:
		return fmt.Errorf("sim: a client says hello to %q", h.Hello)
	}
}

func (s *Server) servePins(conn io.ReadWriteCloser, lines *bufio.Scanner) error {
	c := newPinsConn(conn)
	defer c.wait()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.Join(errors.New("sim: the house is closed"), c.end())
	}
	if old := s.pins; old != nil {
		// The kernel would have let the old program's lines go before a new one could take them.
		s.pins = nil
		_ = old.end()
		s.do(func(h *House, now time.Time) { h.LetGo(now) })
	}
	s.pins = c
	c.send(answer{Levels: s.house.Levels()})
	s.mu.Unlock()

	defer s.leave(c)
	for lines.Scan() {
		var o order
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			return fmt.Errorf("sim: a client's order: %w", err)
		}
		if !s.obey(c, o) {
			return nil
		}
	}
	return nil
}

// obey applies an order and answers it; false if another client has the pins now.
func (s *Server) obey(c *pinsConn, o order) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pins != c {
		return false
	}
	var err error
	s.do(func(h *House, now time.Time) {
		switch o.Drive {
		case "low":
			err = h.Drive(o.Pin, Low, now)
		case "high":
			err = h.Drive(o.Pin, High, now)
		case "float":
			err = h.Drive(o.Pin, Float, now)
		default:
			err = fmt.Errorf("sim: no drive %q", o.Drive)
		}
	})
	a := answer{ID: o.ID, Levels: s.house.Levels()}
	if err != nil {
		a.Error = err.Error()
	}
	c.send(a)
	return true
}

// leave lets the pins go when their client has gone.
func (s *Server) leave(c *pinsConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pins == c {
		s.pins = nil
		s.do(func(h *House, now time.Time) { h.LetGo(now) })
	}
	_ = c.end()
}

func (s *Server) serveWorld(conn io.ReadWriteCloser, lines *bufio.Scanner) error {
	changed, cancel := s.Notify()
	gone := make(chan struct{})
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		out := json.NewEncoder(conn)
		var last World
		for first := true; ; first = false {
			select {
			case <-changed:
			case <-gone:
				return
			}
			w := s.World()
			if !first && w == last {
				continue
			}
			last = w
			if err := out.Encode(w); err != nil {
				_ = conn.Close() // ends the reading below
				return
			}
		}
	}()
	for lines.Scan() { // a watcher has nothing to say
	}
	cancel()
	close(gone)
	_ = conn.Close() // ends a writing that nobody reads
	<-sent
	return nil
}

// pinsConn sends answers in order without ever making the house wait.
type pinsConn struct {
	conn io.ReadWriteCloser
	done chan struct{}

	mu    sync.Mutex
	more  *sync.Cond
	queue []answer
	ended bool
}

func newPinsConn(conn io.ReadWriteCloser) *pinsConn {
	c := &pinsConn{conn: conn, done: make(chan struct{})}
	c.more = sync.NewCond(&c.mu)
	go c.run()
	return c
}

func (c *pinsConn) send(a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.queue); n >= behind && a.ID == 0 && c.queue[n-1].ID == 0 {
		c.queue[n-1] = a
	} else {
		c.queue = append(c.queue, a)
	}
	c.more.Signal()
}

func (c *pinsConn) run() {
	defer close(c.done)
	out := json.NewEncoder(c.conn)
	for {
		c.mu.Lock()
		for len(c.queue) == 0 && !c.ended {
			c.more.Wait()
		}
		if c.ended {
			c.mu.Unlock()
			return
		}
		a := c.queue[0]
		c.queue = c.queue[1:]
		c.mu.Unlock()
		if out.Encode(a) != nil {
			_ = c.end() // the reader will notice
			return
		}
	}
}

// end closes the connection; more than once is fine.
func (c *pinsConn) end() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil
	}
	c.ended = true
	c.more.Signal()
	return c.conn.Close()
}

func (c *pinsConn) wait() { <-c.done }
