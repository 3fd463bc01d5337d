package sim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"periph.io/x/conn/v3/gpio"

	"vestibule/hardware/board"
)

// ErrGone says that the connection to the house has ended.
var ErrGone = errors.New("sim: the house is gone")

// Client has the pins of a house. Its methods and those of its pins may be called from any goroutine.
type Client struct {
	conn io.ReadWriteCloser
	pins board.Pins
	all  []*pin
	done chan struct{}

	out sync.Mutex // one order is written at a time

	mu      sync.Mutex
	err     error
	levels  Levels
	next    uint64
	waiting map[uint64]chan answer
}

// Dial says hello on conn and returns the pins of the house at its other end. It takes conn over. It
// returns once the levels of the inputs are known.
func Dial(conn io.ReadWriteCloser) (*Client, error) {
	c := &Client{conn: conn, pins: board.Pins{}, done: make(chan struct{}), waiting: map[uint64]chan answer{}}
	if err := json.NewEncoder(conn).Encode(hello{Hello: "pins"}); err != nil {
		return nil, errors.Join(fmt.Errorf("sim: say hello: %w", err), conn.Close())
	}
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, longest)
	first, err := read(lines)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	c.levels = first.Levels
	for i, role := range roles() {
		p := newPin(c, role, i)
		c.pins[role] = p
		c.all = append(c.all, p)
	}
	go c.run(lines)
	return c, nil
}

// Pins returns the pins by role.
func (c *Client) Pins() board.Pins { return c.pins }

// Done is closed when the connection has ended; Err then says why.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err returns why the connection has ended, nil while it has not.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection; the house lets all pins go.
func (c *Client) Close() error {
	err := c.conn.Close()
	<-c.done
	return err
}

func read(lines *bufio.Scanner) (answer, error) {
	if !lines.Scan() {
		if err := lines.Err(); err != nil {
			return answer{}, fmt.Errorf("%w: %w", ErrGone, err)
		}
		return answer{}, ErrGone
	}
	var a answer
	if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
		return answer{}, fmt.Errorf("sim: the house said something else: %w", err)
	}
	return a, nil
}

// run takes what the house says.
func (c *Client) run(lines *bufio.Scanner) {
	for {
		a, err := read(lines)
		if err != nil {
			c.fail(err)
			return
		}
		c.take(a)
	}
}

func (c *Client) take(a answer) {
	c.mu.Lock()
	before := c.levels
	c.levels = a.Levels
	reply := c.waiting[a.ID]
	delete(c.waiting, a.ID)
	c.mu.Unlock()
	for _, p := range c.all {
		if was, is := before.High(p.role), a.Levels.High(p.role); was != is {
			p.edge(gpio.Level(is))
		}
	}
	if reply != nil {
		reply <- a
	}
}

func (c *Client) fail(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	_ = c.conn.Close()
	close(c.done)
}

// drive orders a pin to drive and waits until the house has applied it.
func (c *Client) drive(role board.Role, how string) error {
	reply := make(chan answer, 1)
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return c.err
	}
	c.next++
	id := c.next
	c.waiting[id] = reply
	c.mu.Unlock()

	line, err := json.Marshal(order{ID: id, Pin: role, Drive: how})
	if err != nil {
		return fmt.Errorf("sim: %w", err)
	}
	c.out.Lock()
	_, err = c.conn.Write(append(line, '\n'))
	c.out.Unlock()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	select {
	case a := <-reply:
		if a.Error != "" {
			return errors.New(a.Error)
		}
		return nil
	case <-c.done:
		return c.Err()
	}
}

func (c *Client) level(role board.Role) (gpio.Level, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return gpio.Low, c.err
	}
	return gpio.Level(c.levels.High(role)), nil
}
