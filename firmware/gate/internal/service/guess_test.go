package service

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// posted sends a sealed try and waits for no answer.
func (h *home) posted(try wire.Try) (id string) {
	h.t.Helper()
	id = fmt.Sprint("l", letterID.Add(1))
	l, err := wire.NewLetter(id, wire.LetterTry, try)
	if err != nil {
		h.t.Fatal(err)
	}
	h.link.send(pipe.TypeMail, l)
	return id
}

// answer waits for the answer to a letter; counted is how many wrong codes the disk has then.
func (h *home) answer(id string) (l wire.Letter, counted int) {
	h.t.Helper()
	h.link.await("an answer", func() bool { return h.link.letters[id].ID != "" })
	journal, err := os.ReadFile(filepath.Join(h.dir, "gate", "journal", "events"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.link.mu.Lock()
	defer h.link.mu.Unlock()
	return h.link.letters[id], bytes.Count(journal, []byte(`"code_wrong"`))
}

// A wrong code is not answered before the disk has it, whatever becomes of gate then; until it has,
// the right one waits too.
func TestGuessesAreOnTheDiskFirst(t *testing.T) {
	t.Parallel()
	h, d := ready(t, func(t *pass.Terms) { t.Camera = false })
	first, second := h.sealTry(d, wrongCode(t, d.secret.Code)), h.sealTry(d, d.secret.Code.Digits())
	free := h.holdDisk()
	guess := h.posted(first)
	if got := no(t, h.link.ask(wire.LetterTry, second)); got.Reason != wire.CodeSlowed || got.Wait != 1 {
		t.Errorf("the right code meanwhile: %+v", got)
	}
	h.link.mu.Lock()
	if l := h.link.letters[guess]; l.ID != "" {
		t.Errorf("answered before it is on the disk: %s %s", l.Kind, l.Body)
	}
	h.link.mu.Unlock()
	free()
	l, counted := h.answer(guess)
	if got := no(t, l); got.Reason != wire.CodeWrong || counted != 1 {
		t.Errorf("%+v, and %d are on the disk", got, counted)
	}
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Errorf("%s %s", l.Kind, l.Body)
	}
}

// Whoever has the code of a door that stays shut is told so every time, and fills no journal.
func TestRightCodesFillNoJournal(t *testing.T) {
	t.Parallel()
	h, d := ready(t, func(t *pass.Terms) { t.Watched, t.Camera = true, false })
	const times = 4 * burst
	for range times {
		if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.NobodyWatches {
			t.Fatalf("%+v", got)
		}
	}
	if n := h.link.count(wire.CodeRefused); n > 2*burst {
		t.Errorf("%d tries made %d entries", times, n)
	}
}
