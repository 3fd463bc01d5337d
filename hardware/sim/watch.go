package sim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// Watcher follows the world of a house. Its methods may be called from any goroutine.
type Watcher struct {
	conn  io.ReadWriteCloser
	world atomic.Pointer[World]
	done  chan struct{}
}

// Watch says hello on conn and follows the world of the house at its other end. It takes conn over.
// It returns once the world is known.
func Watch(conn io.ReadWriteCloser) (*Watcher, error) {
	if err := json.NewEncoder(conn).Encode(hello{Hello: "world"}); err != nil {
		return nil, errors.Join(fmt.Errorf("sim: say hello: %w", err), conn.Close())
	}
	w := &Watcher{conn: conn, done: make(chan struct{})}
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, longest)
	if !w.next(lines) {
		return nil, errors.Join(ErrGone, lines.Err(), conn.Close())
	}
	go w.run(lines)
	return w, nil
}

// World returns the world as last told. Once the connection has ended, the camera has no power in it.
func (w *Watcher) World() World { return *w.world.Load() }

// Done is closed when the connection has ended.
func (w *Watcher) Done() <-chan struct{} { return w.done }

// Close ends the connection.
func (w *Watcher) Close() error {
	err := w.conn.Close()
	<-w.done
	return err
}

func (w *Watcher) next(lines *bufio.Scanner) bool {
	var world World
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &world) != nil {
		return false
	}
	w.world.Store(&world)
	return true
}

func (w *Watcher) run(lines *bufio.Scanner) {
	defer close(w.done)
	for w.next(lines) {
	}
	last := w.World()
	last.Power = false
	w.world.Store(&last)
	_ = w.conn.Close()
}
