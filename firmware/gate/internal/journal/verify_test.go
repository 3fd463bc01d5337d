package journal

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// folder is a journal's folder, as somebody who has the device in hand can change it.
type folder struct {
	lines      [][]byte // each with its newline
	checkpoint []byte   // nil for none
}

func readFolder(t *testing.T, dir string) folder {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, eventsFile))
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if err != nil {
		t.Fatal(err)
	}
	return folder{slices.Collect(bytes.Lines(text)), checkpoint}
}

func (f folder) put(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "journal")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if f.lines != nil {
		if err := os.WriteFile(filepath.Join(dir, eventsFile), bytes.Join(f.lines, nil), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if f.checkpoint != nil {
		if err := os.WriteFile(filepath.Join(dir, checkpointFile), f.checkpoint, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// forged is a folder that somebody wrote anew who has even the device's key.
func forged(t *testing.T, entries ...wire.Event) folder {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "journal")
	j, _, _ := mustOpen(t, dir)
	if _, err := j.Append(entries...); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return readFolder(t, dir)
}

// Whatever is done to a journal, with the device's own key even: who kept a checkpoint
// notices. And what the device can notice by itself, when it starts, it does.
func TestTampering(t *testing.T) {
	t.Parallel()
	const size = 12
	var all []wire.Event
	for i := range size + 4 {
		all = append(all, entry(i))
	}
	edited := slices.Clone(all)
	edited[5].Count = 99
	swapped := slices.Clone(all)
	swapped[5], swapped[6] = swapped[6], swapped[5]

	// The journal as it was when a phone last looked, and as it is now, four entries later.
	dir := filepath.Join(t.TempDir(), "journal")
	j, _, _ := mustOpen(t, dir)
	if _, err := j.Append(all[:size]...); err != nil {
		t.Fatal(err)
	}
	note, err := j.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := pass.OpenCheckpoint(note, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	before := readFolder(t, dir)
	if _, err := j.Append(all[size:]...); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	now := readFolder(t, dir)
	with := func(lines [][]byte, checkpoint []byte) folder { return folder{lines, checkpoint} }
	renumbered := func(drop int) folder { // by hand, without the key
		var lines [][]byte
		for i, l := range slices.Delete(slices.Clone(now.lines), drop, drop+1) {
			for _, form := range []string{`"index":%d,`, `/%d"`} {
				l = bytes.Replace(l, fmt.Appendf(nil, form, i+1), fmt.Appendf(nil, form, i), min(1, max(0, i-drop+1)))
			}
			lines = append(lines, l)
		}
		return with(lines, now.checkpoint)
	}

	for name, c := range map[string]struct {
		folder
		phone  bool // who kept the checkpoint notices
		device bool // the device notices at its next start
	}{
		"nothing":                                         {now, false, false},
		"nothing since":                                   {before, false, false},
		"torn, as a crash leaves it":                      {with(slices.Concat(now.lines, [][]byte{[]byte(`{"id":"`)}), now.checkpoint), false, false},
		"all deleted, checkpoint too":                     {folder{}, true, false},
		"the entries deleted":                             {with(nil, now.checkpoint), true, true},
		"an entry deleted":                                {with(slices.Delete(slices.Clone(now.lines), 3, 4), now.checkpoint), true, true},
		"an entry deleted, the rest renumbered":           {renumbered(3), true, true},
		"an entry deleted, signed anew":                   {forged(t, slices.Delete(slices.Clone(all), 3, 4)...), true, false},
		"an entry edited":                                 {with(replaced(now.lines, 5, edited[5]), now.checkpoint), true, true},
		"an entry edited, signed anew":                    {forged(t, edited...), true, false},
		"an entry edited, checkpoint deleted":             {with(replaced(now.lines, 5, edited[5]), nil), true, false},
		"an entry spelled otherwise":                      {with(replacedBy(now.lines, 5, bytes.Replace(now.lines[5], []byte(`,"kind"`), []byte(`, "kind"`), 1)), now.checkpoint), true, true},
		"two entries swapped":                             {with(slices.Concat(now.lines[:5], [][]byte{now.lines[6], now.lines[5]}, now.lines[7:]), now.checkpoint), true, true},
		"two entries swapped, signed anew":                {forged(t, swapped...), true, false},
		"cut below the phone's checkpoint":                {with(now.lines[:size-1], now.checkpoint), true, true},
		"cut below the device's":                          {with(now.lines[:size+1], now.checkpoint), false, true},
		"cut, checkpoint deleted":                         {with(now.lines[:size-1], nil), true, false},
		"cut in the middle of a line":                     {with(replacedBy(now.lines[:size], size-1, now.lines[size-1][:9]), now.checkpoint), true, true},
		"rolled back to an earlier day, checkpoint too":   {forged(t, all[:size-3]...), true, false},
		"rolled back to the phone's checkpoint":           {before, false, false},
		"forked: other entries from before the phone's":   {forged(t, slices.Concat(all[:size-1], edited[5:10])...), true, false},
		"an entry slipped in, signed anew":                {forged(t, slices.Insert(slices.Clone(all), 5, edited[5])...), true, false},
		"an entry doubled":                                {with(slices.Concat(now.lines[:5], now.lines[4:]), now.checkpoint), true, true},
		"another device's":                                {with(replacedBy(now.lines, 5, bytes.Replace(now.lines[5], []byte(device[:4]), []byte("AAAA"), 1)), now.checkpoint), true, true},
		"its checkpoint is of another tree":               {with(now.lines, forged(t, edited...).checkpoint), false, true},
		"its checkpoint is damaged":                       {with(now.lines, now.checkpoint[:len(now.checkpoint)-9]), false, true},
		"its checkpoint is deleted and nothing else":      {with(now.lines, nil), false, false},
		"its checkpoint is the one from before":           {with(now.lines, before.checkpoint), false, false},
		"its end is a megabyte of something else":         {with(slices.Concat(now.lines, [][]byte{make([]byte, 1<<20)}), now.checkpoint), false, true},
		"a line is longer than any entry":                 {with(replacedBy(now.lines, 5, append(bytes.Repeat([]byte(" "), longest), now.lines[5]...)), now.checkpoint), true, true},
		"newlines are those of another system":            {with(replacedBy(now.lines, 5, bytes.Replace(now.lines[5], []byte("\n"), []byte("\r\n"), 1)), now.checkpoint), true, true},
		"forked after the phone's checkpoint, signed new": {forged(t, slices.Concat(all[:size], edited[5:6])...), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := Verify(bytes.NewReader(bytes.Join(c.lines, nil)), kept)
			if got := errors.Is(err, ErrRewritten); got != c.phone || err != nil && !got {
				t.Errorf("who kept the checkpoint notices: %v (%v), want %v", got, err, c.phone)
			}
			_, _, err = Open(c.put(t), device, key, nil)
			if got := errors.Is(err, ErrRewritten); got != c.device || err != nil && !got {
				t.Errorf("the device notices: %v (%v), want %v", got, err, c.device)
			}
		})
	}
}

func replacedBy(lines [][]byte, at int, line []byte) [][]byte {
	lines = slices.Clone(lines)
	lines[at] = line
	return lines
}

func replaced(lines [][]byte, at int, e wire.Event) [][]byte {
	line := bytes.Replace(lines[at], fmt.Appendf(nil, `"count":%d`, at), fmt.Appendf(nil, `"count":%d`, e.Count), 1)
	return replacedBy(lines, at, line)
}
