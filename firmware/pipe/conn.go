package pipe

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Conn is one connection. One goroutine may read while any number send.
type Conn struct {
	f  *os.File
	r  *Reader
	mu sync.Mutex // guards buf and keeps frames whole
	b  []byte
}

func newConn(fd int, name string) (*Conn, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(fmt.Errorf("pipe: %w", err), unix.Close(fd))
	}
	f := os.NewFile(uintptr(fd), name)
	return &Conn{f: f, r: NewReader(f)}, nil
}

// Dial connects to a listening socket.
func Dial(path string) (*Conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return nil, errors.Join(fmt.Errorf("pipe: connect %s: %w", path, err), unix.Close(fd))
	}
	return newConn(fd, path)
}

// Pair returns the two ends of a connection, for tests and for children.
func Pair() (a, b *Conn, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("pipe: %w", err)
	}
	if a, err = newConn(fds[0], "pair"); err != nil {
		return nil, nil, errors.Join(err, unix.Close(fds[1]))
	}
	if b, err = newConn(fds[1], "pair"); err != nil {
		return nil, nil, errors.Join(err, a.Close())
	}
	return a, b, nil
}

// Receive returns the next frame; its body is valid until the next Receive.
func (c *Conn) Receive() (Frame, error) { return c.r.Read() }

// Send writes one frame. v is nil, raw bytes, or something to encode as JSON. A peer
// that does not read for sendPatience loses the connection: nobody here waits for a
// stuck neighbour.
func (c *Conn) Send(t Type, v any) error {
	body, err := encode(v)
	if err != nil {
		return fmt.Errorf("pipe: %s: %w", t, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.b, err = AppendFrame(c.b[:0], t, body); err != nil {
		return err
	}
	if err := c.f.SetWriteDeadline(time.Now().Add(sendPatience)); err != nil {
		return fmt.Errorf("pipe: %w", err)
	}
	if _, err := c.f.Write(c.b); err != nil {
		// A frame may be half out: the stream is of no more use.
		return errors.Join(fmt.Errorf("pipe: send %s: %w", t, err), c.f.Close())
	}
	return nil
}

const sendPatience = 2 * time.Second

// Read and Write give the bare stream, for those who bring their own framing.
func (c *Conn) Read(p []byte) (int, error)  { return c.f.Read(p) }
func (c *Conn) Write(p []byte) (int, error) { return c.f.Write(p) }

// Close ends the connection; a Receive under way returns an error.
func (c *Conn) Close() error { return c.f.Close() }

// Listener accepts connections on a socket that was handed down, or made by Listen.
type Listener struct{ f *os.File }

// Listen makes a listening socket at path, which must not exist yet, for this user only.
func Listen(path string) (*Listener, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	l := &Listener{os.NewFile(uintptr(fd), path)}
	err = unix.Bind(fd, &unix.SockaddrUnix{Name: path})
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err == nil {
		err = unix.Listen(fd, 8)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("pipe: listen %s: %w", path, err), l.Close())
	}
	return l, nil
}

// Inherit finds a listening socket among those handed down, by its name. See
// sd_listen_fds(3): descriptors from 3 on, LISTEN_FDS of them, named in LISTEN_FDNAMES.
func Inherit(name string, getenv func(string) string) (*Listener, error) {
	count, err := strconv.Atoi(getenv("LISTEN_FDS"))
	if err != nil {
		return nil, fmt.Errorf("pipe: no sockets were handed down (LISTEN_FDS): start this program by systemd or the desk's launcher")
	}
	if pid := getenv("LISTEN_PID"); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return nil, fmt.Errorf("pipe: sockets were handed to process %s, not to this one", pid)
	}
	for i, n := range strings.Split(getenv("LISTEN_FDNAMES"), ":") {
		if n != name || i >= count {
			continue
		}
		const first = 3
		fd := first + i
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			return nil, fmt.Errorf("pipe: socket %q: %w", name, err)
		}
		return &Listener{os.NewFile(uintptr(fd), name)}, nil
	}
	return nil, fmt.Errorf("pipe: no socket named %q was handed down (LISTEN_FDNAMES=%q)", name, getenv("LISTEN_FDNAMES"))
}

// Accept waits for a connection. Close ends the wait with an error.
func (l *Listener) Accept() (*Conn, error) {
	raw, err := l.f.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	fd, errAccept := -1, error(nil)
	err = raw.Read(func(s uintptr) bool {
		fd, _, errAccept = unix.Accept4(int(s), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return !errors.Is(errAccept, unix.EAGAIN)
	})
	if err = errors.Join(err, errAccept); err != nil {
		return nil, fmt.Errorf("pipe: accept: %w", err)
	}
	return newConn(fd, l.f.Name())
}

// Close stops accepting.
func (l *Listener) Close() error { return l.f.Close() }
