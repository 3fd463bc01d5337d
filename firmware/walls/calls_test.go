package walls

import (
	"encoding/binary"
	"testing"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// TestFilter runs the filter as the kernel would, for calls that a test can't make.
func TestFilter(t *testing.T) {
	native, err := arch.GetInfo("")
	if err != nil {
		t.Fatal(err)
	}
	const (
		allow = uint32(seccomp.ActionAllow)
		eperm = uint32(seccomp.ActionErrno) | uint32(unix.EPERM)
		kill  = uint32(seccomp.ActionKillProcess)
	)
	type call struct {
		name    string
		arch    uint32
		number  int
		arg     uint64
		forGate uint32
		forLink uint32
	}
	own := uint32(native.ID)
	calls := []call{
		{"read", own, unix.SYS_READ, 0, allow, allow},
		{"read by a foreign ABI", own ^ 1, unix.SYS_READ, 0, kill, kill},
		{"execve by a foreign ABI", own ^ 1, 11, 0, kill, kill},
		{"socket unix", own, unix.SYS_SOCKET, unix.AF_UNIX, allow, allow},
		{"socket inet", own, unix.SYS_SOCKET, unix.AF_INET, eperm, allow},
		{"socket inet6", own, unix.SYS_SOCKET, unix.AF_INET6, eperm, allow},
		{"socket netlink", own, unix.SYS_SOCKET, unix.AF_NETLINK, eperm, allow},
		{"socket packet", own, unix.SYS_SOCKET, unix.AF_PACKET, eperm, eperm},
		{"socket unix with dirt above 32 bits", own, unix.SYS_SOCKET, 1<<32 | unix.AF_UNIX, eperm, eperm},
		{"a thread", own, unix.SYS_CLONE, unix.CLONE_VM | unix.CLONE_THREAD, allow, allow},
		{"a network namespace", own, unix.SYS_CLONE, unix.CLONE_NEWNET, eperm, eperm},
		{"clone3", own, unix.SYS_CLONE3, 0, uint32(seccomp.ActionErrno) | uint32(unix.ENOSYS), uint32(seccomp.ActionErrno) | uint32(unix.ENOSYS)},
	}
	for _, name := range denied() {
		calls = append(calls, call{name, own, native.SyscallNames[name], 0, eperm, eperm})
	}
	for p, want := range map[Program]func(call) uint32{
		Gate: func(c call) uint32 { return c.forGate },
		Eye:  func(c call) uint32 { return c.forGate },
		Link: func(c call) uint32 { return c.forLink },
	} {
		insts, err := filter(must(plan(p)).families)
		if err != nil {
			t.Fatal(err)
		}
		vm, err := bpf.NewVM(insts)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range calls {
			// struct seccomp_data, its words in the virtual machine's byte order. The filter
			// looks for an argument's low half where this machine has it.
			data := binary.BigEndian.AppendUint32(nil, uint32(c.number))
			data = binary.BigEndian.AppendUint32(data, c.arch)
			data = binary.BigEndian.AppendUint64(data, 0)
			for range 6 {
				low, high := uint32(c.arg), uint32(c.arg>>32)
				if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
					low, high = high, low
				}
				data = binary.BigEndian.AppendUint32(data, low)
				data = binary.BigEndian.AppendUint32(data, high)
			}
			got, err := vm.Run(data)
			if err != nil || uint32(got) != want(c) {
				t.Errorf("%s, %s: %#x, %v, want %#x", p, c.name, uint32(got), err, want(c))
			}
		}
	}
}
