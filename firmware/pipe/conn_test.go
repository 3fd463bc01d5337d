package pipe

import (
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"
)

func TestListenDialSendReceive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan *Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	a, err := Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	b := <-accepted
	if err := a.Send(TypeHello, Hello{Program: "eye", Version: Version}); err != nil {
		t.Fatal(err)
	}
	f, err := b.Receive()
	if err != nil {
		t.Fatal(err)
	}
	var h Hello
	if err := f.JSON(&h); err != nil || f.Type != TypeHello || h.Program != "eye" {
		t.Fatalf("got %v %+v, %v", f.Type, h, err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Receive(); !errors.Is(err, io.EOF) {
		t.Fatalf("after close: %v, want EOF", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}

	ended := make(chan error, 1)
	go func() { _, err := l.Accept(); ended <- err }()
	time.AfterFunc(10*time.Millisecond, func() { _ = l.Close() })
	select {
	case err := <-ended:
		if err == nil {
			t.Fatal("accept after close: no error")
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Close does not end Accept")
	}
}

// A peer that stops reading must not hold up the sender for ever.
func TestSendGivesUpOnAStuckPeer(t *testing.T) {
	a, b, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	body := make([]byte, MaxBody)
	if err := a.Send(TypeUnit, body); err == nil {
		t.Fatal("want an error from a peer that does not read")
	}
	if err := a.Send(TypeSleep, nil); err == nil {
		t.Fatal("a broken stream must stay broken")
	}
}
