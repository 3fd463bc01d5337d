package radio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vestibule/hub/pass"
)

// brief is a silence that a test can wait for.
const brief = 400 * time.Millisecond

func newRadio(t *testing.T) *Radio {
	t.Helper()
	r := New(slog.New(slog.DiscardHandler))
	if r.length != pass.DrillFor || pass.DrillFor != 20*time.Second {
		t.Fatalf("a silence lasts %v", r.length)
	}
	r.length = brief
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// fall has the radio be silent, and returns when it is.
func fall(t *testing.T, r *Radio) time.Time {
	t.Helper()
	_, changed := r.state()
	r.Silence(0)
	<-changed
	if silent, _ := r.state(); !silent {
		t.Fatal("not silent")
	}
	return time.Now()
}

func await(t *testing.T, r *Radio) {
	t.Helper()
	for {
		silent, changed := r.state()
		if !silent {
			return
		}
		<-changed
	}
}

// pair is a stream through the radio, and its other end, which is not.
func pair(t *testing.T, r *Radio) (mine net.Conn, other *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if mine, err = r.Dial(t.Context(), "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if other, err = l.AcceptTCP(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = mine.Close(), other.Close() })
	return mine, other
}

// reads returns what comes within a time.
func reads(t *testing.T, c net.Conn, within time.Duration) (string, error) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64)
	n, err := c.Read(b)
	return string(b[:n]), err
}

// unacknowledged is how many segments the kernel at the other end waits for.
func unacknowledged(t *testing.T, c *net.TCPConn) (n uint32) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Error(err)
			return
		}
		n = info.Unacked
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAStreamFallsSilent(t *testing.T) {
	t.Parallel()
	r := newRadio(t)
	mine, other := pair(t, r)
	for _, c := range []net.Conn{mine, other} {
		if _, err := c.Write([]byte("before")); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []net.Conn{mine, other} {
		if got, err := reads(t, c, time.Minute); got != "before" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	begun := fall(t, r)
	written := make(chan error, 1)
	go func() {
		_, err := mine.Write([]byte("held"))
		written <- err
	}()
	if _, err := other.Write([]byte("lost for now")); err != nil {
		t.Fatal(err)
	}
	if got, err := reads(t, mine, brief/3); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it hears %q, %v", got, err)
	}
	if got, err := reads(t, other, brief/3); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it says %q, %v", got, err)
	}
	if n := unacknowledged(t, other); n == 0 {
		t.Error("the kernel acknowledges what it should not hear")
	}
	if over := time.Since(begun); over >= brief {
		t.Skipf("this machine took %v", over)
	}
	await(t, r)
	if err := <-written; err != nil {
		t.Error(err)
	}
	if got, err := reads(t, other, time.Minute); got != "held" {
		t.Errorf("afterwards %q, %v", got, err)
	}
	if got, err := reads(t, mine, time.Minute); got != "lost for now" { // TCP sends it again
		t.Errorf("afterwards %q, %v", got, err)
	}
}

// A goodbye would tell the other end what no cut tells.
func TestNoGoodbyeWhileSilent(t *testing.T) {
	t.Parallel()
	r := newRadio(t)
	mine, other := pair(t, r)
	reading := make(chan error, 1)
	go func() {
		_, err := mine.Read(make([]byte, 1))
		reading <- err
	}()
	begun := fall(t, r)
	if err := mine.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-reading; !errors.Is(err, net.ErrClosed) {
		t.Errorf("whoever reads gets %v", err)
	}
	if _, err := mine.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("whoever writes gets %v", err)
	}
	if err := mine.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	_, err := reads(t, other, brief/2)
	if over := time.Since(begun); over < brief && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the other end hears %v", err)
	}
	await(t, r)
	if _, err := reads(t, other, time.Minute); !errors.Is(err, io.EOF) {
		t.Errorf("afterwards the other end hears %v", err)
	}
}

func TestAWriteThatWaitsHasItsDeadline(t *testing.T) {
	t.Parallel()
	r := newRadio(t)
	r.length = time.Minute
	mine, _ := pair(t, r)
	fall(t, r)
	if err := mine.SetWriteDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := mine.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestDatagramsAreLost(t *testing.T) {
	t.Parallel()
	r := newRadio(t)
	here := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	mine, err := r.Net().ListenUDP("udp4", here)
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	other, err := net.DialUDP("udp4", nil, mine.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	begun := fall(t, r)
	late, err := r.Net().ListenPacket("udp4", "127.0.0.1:0") // one that is made meanwhile
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	for _, c := range []net.PacketConn{mine, late} {
		if n, err := c.WriteTo([]byte("lost"), other.LocalAddr()); n != 4 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if _, err := mine.WriteToUDP([]byte("lost"), other.LocalAddr().(*net.UDPAddr)); err != nil {
		t.Error(err)
	}
	if _, _, err := mine.WriteMsgUDP([]byte("lost"), nil, other.LocalAddr().(*net.UDPAddr)); err != nil {
		t.Error(err)
	}
	if _, err := other.Write([]byte("lost")); err != nil {
		t.Fatal(err)
	}
	if over := time.Since(begun); over >= brief {
		t.Skipf("this machine took %v", over)
	}
	await(t, r)
	for _, c := range []net.PacketConn{late, mine} {
		if _, err := c.WriteTo([]byte("heard"), other.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := reads(t, other, time.Minute); got != "heard" {
		t.Errorf("the other end hears %q, %v", got, err)
	}
	if _, err := other.Write([]byte("heard")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 64)
	if n, _, err := mine.ReadFrom(b); !bytes.Equal(b[:n], []byte("heard")) {
		t.Errorf("it hears %q, %v", b[:n], err)
	}
}

func TestDialWaits(t *testing.T) {
	t.Parallel()
	r := newRadio(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fall(t, r)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = r.Dial(ctx, "tcp", l.Addr().String())
	if op := (*net.OpError)(nil); !errors.As(err, &op) || op.Op != "dial" || !op.Timeout() {
		t.Errorf("a network that is away says %v", err)
	}
	if _, err := r.Net().ResolveUDPAddr("udp", "localhost:1"); err == nil {
		t.Error("it asks for names")
	}
	c, err := r.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if silent, _ := r.state(); silent {
		t.Error("it connects while it is silent")
	}
}

// What link makes of sockets elsewhere would speak in a silence.
func TestNothingGoesAroundTheRadio(t *testing.T) {
	t.Parallel()
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/radio/") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		if way := regexp.MustCompile(`\bnet\.(Dial|Listen|FileConn|Lookup|Resolve|DefaultResolver)\w*|\b(tls|websocket)\.Dial|net/http"|stdnet`).Find(b); way != nil {
			t.Errorf("%s: %s", path, way)
		}
		return nil
	})
	if err != nil || seen < 20 {
		t.Errorf("looked at %d files, %v", seen, err)
	}
}

// Nobody makes a silence longer, and one that is over can come again.
func TestASilenceIsBounded(t *testing.T) {
	t.Parallel()
	r := newRadio(t)
	for range 2 {
		begun := fall(t, r)
		for range 5 {
			r.Silence(0)
			r.Silence(brief) // which would begin as this one ends
			time.Sleep(brief / 10)
			r.Silence(time.Hour)
		}
		if late := time.Since(begun); late >= brief {
			t.Skipf("this machine took %v: the silence may be over, and another was begun", late)
		}
		await(t, r)
		if took := time.Since(begun); took < brief {
			t.Errorf("it took %v", took)
		}
	}
	time.Sleep(brief / 2)
	r.mu.Lock()
	if r.silent || r.timer != nil {
		t.Error("another one is to come, or there already")
	}
	r.mu.Unlock()
	r.Silence(time.Hour)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	r.Silence(0)
	if silent, _ := r.state(); silent {
		t.Error("it falls silent after its end")
	}
}
