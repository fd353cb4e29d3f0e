import Glibc
import Testing

/// User namespaces: the container's ids are others on the host.
@Suite(.needsRoot) struct UserNamespaceTests {
    let scratch = Scratch()

    @Test func rootInsideIsNobodyOutside() throws {
        let container = try scratch.container {
            $0.userNamespace(hostID: 200_000)
            $0.payload("ids", ",", "write", "/data/mine", ",", "chown", "5", "6", "/data/mine")
            $0.capabilities(["CAP_CHOWN"])
        }
        try check(chown(container.bundle.rootfs + "/data", 200_000, 200_000), "chown")
        let facts = try container.run().succeeded().facts
        #expect(facts["uid"] == "0 0 0")
        #expect(facts["write /data/mine"] == "ok")
        #expect(facts["chown /data/mine"] == "ok")
        let status = try #require(Files.status(container.bundle.rootfs + "/data/mine"))
        #expect(status.st_uid == 200_005)
        #expect(status.st_gid == 200_006)
    }

    @Test func filesOfTheHostsRootAreOutOfReach() throws {
        let container = try scratch.container {
            $0.userNamespace()
            $0.capabilities(["CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER"])
            $0.payload("stat", "/data", ",", "write", "/data/x", ",", "chown", "0", "0", "/data")
        }
        let facts = try container.run().succeeded().facts
        #expect(facts["stat /data"]?.contains("65534:65534") == true)
        #expect(facts["write /data/x"] == "EACCES")
        #expect(facts["chown /data"] == "EPERM")
    }

    @Test(.differs(.runc, "1.1 wants mappings all the same")) func joinsTheOneOfAnotherContainer() throws {
        let first = try scratch.container {
            $0.userNamespace(hostID: 200_000)
            $0.payload("pause")
        }
        try first.create()
        let path = try "/proc/\(first.pid())/ns/user"
        let facts = try scratch.facts {
            $0.namespace("user", path: path)
            $0.payload("namespaces", ",", "ids")
        }
        #expect(try facts["ns.user"] == Files.linkTarget(path))
        #expect(facts["uid"] == "0 0 0")
    }

    @Test func mappingsAreWrittenAsTheyStand() throws {
        let container = try scratch.container {
            $0.userNamespace()
            $0.linux["uidMappings"] = [
                ["containerID": 0, "hostID": 300_000, "size": 10], ["containerID": 10, "hostID": 400_000, "size": 5],
            ]
            $0.linux["gidMappings"] = [["containerID": 0, "hostID": 500_000, "size": 20]]
            $0.payload("pause")
        }
        try container.create()
        let pid = try container.pid()
        #expect(try words(in: "/proc/\(pid)/uid_map") == [["0", "300000", "10"], ["10", "400000", "5"]])
        #expect(try words(in: "/proc/\(pid)/gid_map") == [["0", "500000", "20"]])
    }

    @Test func everyNamespaceBelongsToIt() throws {
        let facts = try scratch.facts {
            $0.userNamespace()
            $0.capabilities(["CAP_SYS_ADMIN", "CAP_NET_ADMIN"])
            $0.payload("sethostname", "renamed", ",", "mount", "tmpfs", "none", "/tmp", ",", "names")
        }
        #expect(facts["sethostname renamed"] == "ok")
        #expect(facts["mount /tmp"] == "ok")
        #expect(facts["hostname"] == "renamed")
    }

    @Test func userAndGroupsAreTheContainers() throws {
        let facts = try scratch.facts {
            $0.userNamespace()
            $0.process["user"] = ["uid": 1000, "gid": 1001, "additionalGids": [5, 1002]]
            $0.payload("ids")
        }
        #expect(facts["uid"] == "1000 1000 1000")
        #expect(facts["gid"] == "1001 1001 1001")
        #expect(facts["groups"] == "5 1002")
    }

    @Test func outOfMemoryScoreIsSetFromOutside() throws {
        let facts = try scratch.facts {
            $0.userNamespace()
            $0.process["oomScoreAdj"] = 321
            $0.payload("read", "/proc/self/oom_score_adj")
        }
        #expect(facts["read /proc/self/oom_score_adj"] == "321")
    }

    @Test func devicesWork() throws {
        let facts = try scratch.facts {
            $0.userNamespace()
            let use = ["overwrite", "/dev/null", "x", ",", "open", "/dev/urandom"]
            $0.process["args"] = Node(["/payload", "stat", "/dev/null", "/dev/zero", ","] + use)
        }
        #expect(facts["stat /dev/null"]?.contains(" 1:3 ") == true)
        #expect(facts["stat /dev/zero"]?.contains(" 1:5 ") == true)
        #expect(facts["overwrite /dev/null"] == "ok")
        #expect(facts["open /dev/urandom"] == "ok")
    }

    @Test(.differs(.crun, "makes the container's root the host's")) func rootMustSayWhomItMaps() throws {
        let container = try scratch.container {
            $0.linux["namespaces"].append(["type": "user"])
            $0.linux["uidMappings"] = nil
            $0.linux["gidMappings"] = nil
        }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.uidMappings: is missing")) }
    }

    @Test(.agentrtOnly) func mappingsWithoutTheNamespaceAreRefused() throws {
        let container = try scratch.container {
            $0.linux["uidMappings"] = [["containerID": 0, "hostID": 1000, "size": 1]]
            $0.linux["gidMappings"] = [["containerID": 0, "hostID": 1000, "size": 1]]
        }
        try container.creating().run().refused()
    }

    @Test func namespaceWithoutMappingsIsRefused() throws {
        let container = try scratch.container { $0.namespace("user") }
        let message = try container.creating().run().refused()
        agentrtOnly { #expect(message.contains("linux.uidMappings: is missing")) }
    }

    @Test(.agentrtOnly) func namespaceWithHalfOfTheMappingsIsRefused() throws {
        let container = try scratch.container {
            $0.userNamespace()
            $0.linux["gidMappings"] = nil
        }
        #expect(try container.creating().run().refused().contains("linux.gidMappings: is missing"))
    }

    @Test func userThatIsNotMappedIsRefused() throws {
        let container = try scratch.container {
            $0.userNamespace(size: 10)
            $0.process["user"] = ["uid": 1000, "gid": 0]
        }
        #expect(try container.creating().run().status != 0)
        #expect(Files.list(container.root).filter { !$0.hasPrefix(".") } == [])
    }

    private func words(in path: String) throws -> [[String]] {
        try Files.read(path).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }
}
