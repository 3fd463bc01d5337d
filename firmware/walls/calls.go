package walls

import (
	"fmt"
	"runtime"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// denied lists the calls that answer EPERM, whatever their arguments.
func denied() []string {
	names := []string{
		"execve", "execveat", // another program
		"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp", // another process
		"io_uring_setup", "io_uring_enter", "io_uring_register", // calls that seccomp does not see
		"bpf", "perf_event_open", "userfaultfd", "fanotify_init", "lookup_dcookie", "syslog", // the kernel's inside
		"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", // another kernel
		"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig",
		"fsmount", "fspick", "mount_setattr", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct", // file systems
		"name_to_handle_at", "open_by_handle_at", // files past Landlock's paths
		"unshare", "setns", // namespaces; clone's are below
		"add_key", "request_key", "keyctl", // the kernel's keys
		"settimeofday", "clock_settime", // time; adjtimex stays, it also reads whether the clock is set
		"personality", "sethostname", "setdomainname", "vhangup", // the machine
	}
	if runtime.GOARCH == "amd64" {
		names = append(names, "iopl", "ioperm", "modify_ldt")
	}
	return names
}

// namespaces are the flags of clone that make one.
const namespaces = unix.CLONE_NEWCGROUP | unix.CLONE_NEWIPC | unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID |
	unix.CLONE_NEWUSER | unix.CLONE_NEWUTS

// filter makes the program that the kernel runs on every call.
func filter(families []uint64) ([]bpf.Instruction, error) {
	var foreign seccomp.ArgumentConditions // every family but these
	for _, f := range families {
		foreign = append(foreign, seccomp.Condition{Argument: 0, Operation: seccomp.NotEqual, Value: f})
	}
	policy := seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{
			// clone3 hides its flags in memory. The C library falls back to clone.
			{Names: []string{"clone3"}, Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS)},
			{
				Names: denied(),
				NamesWithCondtions: []seccomp.NameWithConditions{
					{Name: "socket", Conditions: foreign},
					{Name: "clone", Conditions: seccomp.ArgumentConditions{
						{Argument: 0, Operation: seccomp.BitsSet, Value: namespaces},
					}},
				},
				Action: seccomp.ActionErrno,
			},
		},
	}
	insts, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("seccomp: %w", err)
	}
	// The policy takes a call by another ABI of this processor (int 0x80 on amd64) for one
	// that it does not list, and would allow it.
	native, err := arch.GetInfo("")
	if err != nil {
		return nil, fmt.Errorf("seccomp: %w", err)
	}
	const archOffset = 4
	return append([]bpf.Instruction{
		bpf.LoadAbsolute{Off: archOffset, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(native.ID), SkipTrue: 1},
		bpf.RetConstant{Val: uint32(seccomp.ActionKillProcess)},
	}, insts...), nil
}

// restrictCalls loads the filter on every thread.
func restrictCalls(plan layout) error {
	insts, err := filter(plan.families)
	if err != nil {
		return err
	}
	raw, err := bpf.Assemble(insts)
	if err != nil {
		return fmt.Errorf("seccomp: %w", err)
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	// no_new_privs is the thread's own, until TSYNC hands it to the others with the filter.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	stuck, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	if stuck != 0 {
		return fmt.Errorf("seccomp: thread %d cannot be reached", stuck)
	}
	return nil
}
