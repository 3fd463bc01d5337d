// Package journal is the device's memory of what happened, that nobody can rewrite without
// being noticed.
//
// The folder holds
//
//	events      one wire.Event a line, as JSON, in the order of their index; only appended to
//	checkpoint  what the journal was a short while ago, signed by the device (C2SP
//	            tlog-checkpoint: number of entries and root of their Merkle tree, RFC 6962)
//
// [Journal.Append] returns after the entries are on the disk (fdatasync). If it fails,
// nothing of them stays: the file is cut back to what it was, now or before the next
// append. So an entry is either acknowledged and there, or neither; only one that was being
// written when the power went may be there without anybody having been told.
//
// [Open] reads the whole file, checks every index and the checkpoint, and hands every entry
// to its caller, who rebuilds from them what the device was doing. A last line that a crash
// left torn is cut. A line that is wrong before that, or a tree that is not the one that was
// signed, is [ErrRewritten]: the gate must not go on as if nothing had been. It comes up with one that is
// [Shut], to say so, and opens to nobody. Before what was
// read is shown to anybody or signed, the disk has said that it has it: a gate that was killed
// may have died between a write and its fsync.
//
// [Verify] is for whoever kept a checkpoint elsewhere, a phone: the device's own checkpoint
// shows what was changed by hand, but not what was rolled back with it or signed anew.
//
// Hashes are not stored: of a tree that only grows, the roots of its complete subtrees are
// all that is needed to go on, and they are found again while the file is read.
//
// Non-goals: proofs for single entries (they can be made from the file by whoever has it),
// witnesses (a phone that keeps checkpoints is one), shortening a journal that has grown old.
package journal
