package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Verify reads a device's journal, one entry a line, and checks it against a checkpoint that
// somebody has kept: nil if the journal begins with the very entries that were signed then,
// whatever came after. It needs nothing secret, so whoever has a journal and a checkpoint can
// tell: what the device itself signs now is not asked, for whoever rewrites a journal on the
// device can have that signed, too. The error is [ErrRewritten], or r's.
func Verify(r io.Reader, kept pass.Checkpoint) error {
	var tree frontier
	lines := bufio.NewReaderSize(r, longest)
	for tree.size < kept.Size {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: %d entries, and it had %d", ErrRewritten, tree.size, kept.Size)
		}
		if err == nil {
			var e wire.Event
			if err = wire.Decode(line, &e); err == nil && (e.Index != tree.size || e.ID != wire.EventID(kept.Device, e.Index)) {
				err = fmt.Errorf("it says %s", e.ID)
			}
		} else if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if err != nil {
			return fmt.Errorf("%w: entry %d: %w", ErrRewritten, tree.size, err)
		}
		tree.add(bytes.TrimSuffix(line, []byte{'\n'}))
	}
	if [32]byte(tree.root()) != kept.Root {
		return fmt.Errorf("%w: the first %d entries are not the ones that were signed", ErrRewritten, kept.Size)
	}
	return nil
}
