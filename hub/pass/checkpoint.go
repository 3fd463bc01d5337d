package pass

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// checkpointOrigin begins the first line of a checkpoint; the device's id ends it.
const checkpointOrigin = "vestibule/journal/v1/"

// Checkpoint is what a device's journal was at one moment, in the C2SP tlog-checkpoint
// form: an origin line, the number of entries, and the root of their Merkle tree (RFC
// 6962). Signed by the device. Whoever keeps one can tell that the journal was rewritten.
type Checkpoint struct {
	Device string
	Size   uint64
	Root   [sha256.Size]byte
}

func (c Checkpoint) text() string {
	return fmt.Sprintf("%s%s\n%d\n%s\n", checkpointOrigin, c.Device, c.Size, b64std.EncodeToString(c.Root[:]))
}

// SignCheckpoint signs a checkpoint with the device's key.
func SignCheckpoint(c Checkpoint, device crypto.Signer) ([]byte, error) {
	return sign(c.text(), device)
}

// OpenCheckpoint checks a checkpoint against the device's key.
func OpenCheckpoint(msg []byte, device ed25519.PublicKey) (Checkpoint, error) {
	text, err := open(msg, device)
	if err != nil {
		return Checkpoint{}, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return Checkpoint{}, fmt.Errorf("%w: a checkpoint has three lines", ErrForm)
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: size: %w", ErrForm, err)
	}
	root, err := b64std.DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return Checkpoint{}, fmt.Errorf("%w: root %.80q", ErrForm, lines[2])
	}
	c := Checkpoint{Device: KeyID(device), Size: size}
	copy(c.Root[:], root)
	if c.text() != text {
		return Checkpoint{}, fmt.Errorf("%w: not canonical, or of another device", ErrForm)
	}
	return c, nil
}
