using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ControlTower.Tests.Chaos.Wire;
using Xunit;

namespace ControlTower.Tests.Support;

/// <summary>
/// A real OpenSSH from Debian's package, alone on loopback with a key, a folder and one key that it lets in, for the user that the tests run as. Stopped and started again at will; passwords are asked for and none is right.
/// </summary>
internal sealed class SshNode : IAsyncDisposable
{
    private const string Program = "/usr/sbin/sshd";

    private readonly string folder = TestFolders.Create("ssh");
    private Process? daemon;

    private SshNode() => Port = LoopbackPorts.Free();

    public static string? Missing => File.Exists(Program) ? null : "OpenSSH's server is not installed (apt-get install openssh-server).";

    public int Port { get; }

    /// <summary>Where sessions begin.</summary>
    public string Home => Path.Combine(folder, "home");

    public string User => Environment.UserName;

    /// <summary>The private key that is let in.</summary>
    public string Secret { get; private set; } = "";

    /// <summary>SHA-256 of the server's key, as the server's own tools tell it.</summary>
    public string HostKey { get; private set; } = "";

    public static async Task<SshNode> StartAsync()
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var node = new SshNode();
        try
        {
            Directory.CreateDirectory(node.Home);
            if (Environment.UserName == "root")
            {
                // Root's server wants the folder that the package's service would make when it starts.
                Directory.CreateDirectory("/run/sshd", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            node.Secret = await node.KeyAsync("user");
            await node.NewHostKeyAsync();
            await node.RunAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when it takes connections.</summary>
    /// <param name="readOnly">Whatever would write is denied.</param>
    /// <param name="most">Bytes that fit into a file before there is no room for more; null: as many as the disk has.</param>
    public async Task RunAsync(bool readOnly = false, int? most = null)
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, "conf"),
            $"""
            ListenAddress 127.0.0.1
            Port {Port}
            HostKey {folder}/host
            PidFile none
            AuthorizedKeysFile {folder}/user.pub
            StrictModes no
            UsePAM no
            PermitRootLogin yes
            PasswordAuthentication yes
            KbdInteractiveAuthentication no
            Subsystem sftp internal-sftp -d {Home}{(readOnly ? " -R" : "")}

            """);
        // The shell's unit is 512 bytes; what comes after the limit is refused as by a disk that is full.
        var room = most is { } bytes ? $"trap '' XFSZ; ulimit -f {bytes / 512}; " : "";
        daemon = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", room + "exec \"$0\" \"$@\" >> said 2>&1 < /dev/null", Program, "-D", "-e", "-f", Path.Combine(folder, "conf")]) { UseShellExecute = false, WorkingDirectory = folder })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (!await AnswersAsync())
        {
            if (daemon.HasExited)
            {
                Assert.Fail(await File.ReadAllTextAsync(Path.Combine(folder, "said")));
            }

            Assert.True(await timer.WaitForNextTickAsync(limit.Token));
        }
    }

    /// <summary>With every session that it has.</summary>
    public async Task StopAsync()
    {
        if (daemon is { HasExited: false })
        {
            daemon.Kill(entireProcessTree: true);
            await daemon.WaitForExitAsync();
        }

        daemon?.Dispose();
        daemon = null;
    }

    /// <summary>It shows another key when it is started the next time.</summary>
    public async Task NewHostKeyAsync()
    {
        await KeyAsync("host");
        HostKey = (await KeygenAsync("-lf", Path.Combine(folder, "host.pub"))).Split(' ')[1]["SHA256:".Length..];
    }

    /// <summary>Files below where sessions begin, unfinished ones too.</summary>
    public string[] Files() => [.. Directory.GetFiles(Home, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Home, path)).Order(StringComparer.Ordinal)];

    /// <summary>A private key that nobody knows.</summary>
    public Task<string> StrangerAsync() => KeyAsync("stranger");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        TestFolders.Remove(folder);
    }

    private async Task<string> KeyAsync(string name)
    {
        var path = Path.Combine(folder, name);
        File.Delete(path);
        await KeygenAsync("-q", "-t", "ed25519", "-N", "", "-f", path);
        return await File.ReadAllTextAsync(path);
    }

    private static async Task<string> KeygenAsync(params string[] words)
    {
        using var keygen = Process.Start(new ProcessStartInfo("ssh-keygen", words) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var said = await keygen.StandardOutput.ReadToEndAsync();
        await keygen.WaitForExitAsync();
        Assert.Equal(0, keygen.ExitCode);
        return said;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return await client.GetStream().ReadAsync(new byte[4]) > 0;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }
}
