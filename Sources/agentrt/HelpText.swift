/// What `--help` prints.
enum HelpText {
    static let versionNumber = "0.1.0"

    /// The last line is crun's: what the runtime was built with, where others may have been built without.
    static let version = """
        agentrt version \(versionNumber)
        spec: 1.3.0
        +SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF

        """

    static let overview = """
        usage: agentrt [global options] COMMAND [options] [arguments]

        A sandbox for the tools of AI coding agents, and an OCI runtime.

        Profiles:
          run --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD ARG...
                                     run one tool call as the profile permits
          warm --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD
                                     keep such calls ready to start, for "run --warm"
          bundle FILE [--agent A] [--tool T] [--project DIR] [--session S] --output DIR [-- CMD ARG...]
                                     make an OCI bundle of a profile
          check FILE                 validate a profile
          explain FILE               what a profile permits, and which rule says so
          why FILE read|write|exec|connect WHAT
                                     whether something may be done, and what decides
          doctor                     what this host can enforce, and how to get the rest
          selftest                   try to break out of a sandbox on this machine

        Containers:
          run [--id ID] BUNDLE       create, start, wait, delete
          run [--bundle DIR] ID      the same, in runc's form
          create [--bundle DIR] ID   create a container
          start ID                   start a created container
          state ID                   print a container's state
          exec [OPTIONS] ID CMD...   run a further program in a container
          kill [--all] ID [SIGNAL]   send a signal (TERM)
          delete [--force] ID        delete a stopped container
          pause ID, resume ID        stop all processes of a container, let them go on
          ps ID [PS-OPTION...]       list a container's processes
          update [LIMITS] ID         change a container's limits
          events [--stats] ID        print what a container uses, as JSON lines
          list                       list containers
          features                   print what the runtime can do, as JSON
          spec [--rootless]          write an example config.json

        Global options:
          --root DIR                 where state is kept
          --log FILE                 also write errors to a file
          --log-format text|json     their form
          --cgroup-manager cgroupfs|systemd|disabled
                                     who makes control groups
          --debug                    say more on standard error
          --version, --help

        """

    static let verbs: [String: String] = [
        "run": """
        usage: agentrt run [--id ID] BUNDLE
               agentrt run [--bundle DIR] ID
               agentrt run --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD ARG...

          --allow-degraded       do without limits that this host cannot hold, and say which
          --bundle, -b DIR       the bundle; the current directory without it
          --config, -f FILE      the configuration; config.json of the bundle without it
          --console-socket PATH  send the terminal's master there
          --detach, -d           do not wait for the end
          --id ID                the container's id; made up without it
          --id-file FILE         write the id there
          --keep                 do not delete the container when it has ended
          --pid-file FILE        write the first process's id there
          --no-new-keyring       share the session keyring
          --pidfd-socket PATH    send a pidfd of the first process there
          --preserve-fds N       keep descriptors 3 to N+2
          --replan               plan again, from the profile that the bundle was made of
          --session S            with a profile: put the call's control group below /agentrt/S
          --tty, -t              give the command a new terminal
          --no-tty, -T           pass the caller's descriptors through
          --warm                 with a profile: start from what "agentrt warm" keeps ready, if it runs

        """,
        "create": """
        usage: agentrt create [--bundle DIR] ID

          --allow-degraded       do without limits that this host cannot hold, and say which
          --bundle, -b DIR       the bundle; the current directory without it
          --config, -f FILE      the configuration; config.json of the bundle without it
          --console-socket PATH  send the terminal's master there
          --pid-file FILE        write the first process's id there
          --no-new-keyring       share the session keyring
          --pidfd-socket PATH    send a pidfd of the first process there
          --preserve-fds N       keep descriptors 3 to N+2

        """,
        "exec": """
        usage: agentrt exec [OPTIONS] ID CMD...
               agentrt exec --process FILE [OPTIONS] ID

          --process, -p FILE     the process as JSON, as process of config.json
          --additional-gids, -g GID[,GID...]  further groups
          --cap, -c CAP_NAME     a further capability
          --cgroup PATH          a control group below the container's
          --console-socket PATH  send the terminal's master there
          --cwd DIR              the working directory
          --detach, -d           do not wait for the end
          --env, -e NAME=VALUE   a further variable
          --ignore-paused        in a paused container, begin when it is resumed
          --no-new-privs         no program gains rights
          --pid-file FILE        write the process's id there
          --pidfd-socket PATH    send a pidfd of the process there
          --preserve-fds N       keep descriptors 3 to N+2
          --tty, -t              give the command a new terminal
          --user, -u UID[:GID]   the user

        Without options the process has the user, environment, capabilities, filters and limits of the container's own.

        """,
        "start": "usage: agentrt start ID\n",
        "state": "usage: agentrt state ID\n",
        "kill": "usage: agentrt kill [--all] ID [SIGNAL]\n\n  --all, -a   to every process of the container\n",
        "delete": """
        usage: agentrt delete [--force] ID
               agentrt delete [--force] --regex EXPRESSION

          --force, -f   end it first if it runs
          --regex, -r   all containers whose ids match

        """,
        "pause": "usage: agentrt pause ID\n",
        "resume": "usage: agentrt resume ID\n",
        "ps": "usage: agentrt ps [--format table|json] ID [PS-OPTION...]\n",
        "update": """
        usage: agentrt update [--resources FILE|-] ID
               agentrt update [LIMITS] ID

          --resources, -r FILE     the limits as JSON, as linux.resources of config.json; - is standard input
          --memory BYTES, --memory-reservation BYTES, --memory-swap BYTES
          --pids-limit N
          --cpu-share N, --cpu-quota US, --cpu-period US, --cpu-burst US, --cpu-idle 0|1
          --cpuset-cpus LIST, --cpuset-mems LIST
          --blkio-weight N

        BYTES may end with k, m, g or t, units of 1024; -1 is no limit.

        """,
        "events": """
        usage: agentrt events [--interval TIME] ID
               agentrt events --stats ID

          --interval TIME   how often, such as 5s (5s)
          --stats           once, then end

        """,
        "list": "usage: agentrt list [--sessions] [--format table|json] [--quiet]\n",
        "features": "usage: agentrt features\n",
        "spec": "usage: agentrt spec [--rootless] [--bundle DIR]\n",
        "warm": """
        usage: agentrt warm --profile FILE [--agent A] [--tool T] [--project DIR] [--session S] -- CMD

        Prepares calls of CMD's program, prints "ready", and stays until a signal ends it or whoever started it has ended.
        Meanwhile "agentrt run --warm" with the same options and program starts sooner. Such calls share their network,
        in which there is nothing but the loopback interface.

        """,
        "bundle":
            "usage: agentrt bundle FILE [--agent A] [--tool T] [--project DIR] [--session S] [--tty] --output DIR "
            + "[-- CMD ARG...]\n",
        "check": "usage: agentrt check FILE [--project DIR]\n",
        "doctor": "usage: agentrt doctor [--json]\n",
        "explain": "usage: agentrt explain FILE [--agent A] [--tool T] [--project DIR] [--json]\n",
        "why": """
        usage: agentrt why FILE read|write|exec|connect WHAT [--agent A] [--tool T] [--project DIR] [--json]
               agentrt why FILE --batch [--agent A] [--tool T] [--project DIR]

          --batch   questions from standard input, "VERB WHAT" a line; an object a line for each

        The status is 0 for yes, 1 for no, 2 where there is no answer.

        """,
        "selftest": "usage: agentrt selftest [--json]\n",
    ]
}
