using System.Diagnostics;
using ControlTower.Tests.Chaos.Wire;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using Xunit;

namespace ControlTower.Tests.Support;

/// <summary>A real RabbitMQ from Debian's package, alone on loopback with folders, ports and an epmd of its own. Killed and started again at will; what it confirmed is on its disk.</summary>
internal sealed class RabbitNode : IAsyncDisposable
{
    public const string Exchange = "controltower.events";

    private const string Program = "/usr/lib/rabbitmq/bin/rabbitmq-server";

    private readonly string folder = TestFolders.Create("rabbit");
    private readonly int epmdPort = LoopbackPorts.Free();
    private readonly int distPort = LoopbackPorts.Free();
    private Process? epmd;
    private Process? broker;

    private RabbitNode() => Port = LoopbackPorts.Free();

    public int Port { get; }

    public static string? Missing => File.Exists(Program) ? null : "RabbitMQ is not installed (apt-get install rabbitmq-server).";

    public static async Task<RabbitNode> StartAsync()
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var node = new RabbitNode();
        try
        {
            await node.PrepareAsync();
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
    public async Task RunAsync()
    {
        broker = Start(Program, "-noinput");
        // Seconds on a quiet machine; minutes were seen on one that runs ten times what it can.
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(6));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        while (!await AnswersAsync())
        {
            Assert.False(broker.HasExited, await SaidAsync());
            Assert.True(await timer.WaitForNextTickAsync(limit.Token));
        }
    }

    /// <summary>As by <c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        if (broker is { HasExited: false })
        {
            broker.Kill(entireProcessTree: true);
            await broker.WaitForExitAsync();
        }

        broker?.Dispose();
        broker = null;
    }

    public Task<IConnection> ConnectAsync() =>
        new ConnectionFactory { HostName = "127.0.0.1", Port = Port, RequestedConnectionTimeout = TimeSpan.FromSeconds(2), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (epmd is { HasExited: false })
        {
            epmd.Kill();
            await epmd.WaitForExitAsync();
        }

        epmd?.Dispose();
        TestFolders.Remove(folder);
    }

    private async Task PrepareAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "rabbit.conf"), $"listeners.tcp.1 = 127.0.0.1:{Port}\ndisk_free_limit.absolute = 50MB\nlog.console = true\n");
        await File.WriteAllTextAsync(Path.Combine(folder, "erl_inetrc"), "");
        await File.WriteAllTextAsync(Path.Combine(folder, "plugins"), "[].");
        epmd = Start("epmd", "-port", $"{epmdPort}", "-address", "127.0.0.1");
    }

    private Process Start(string program, params string[] words)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$0\" \"$@\" >> \"$HOME/said\" 2>&1 < /dev/null", program, .. words]) { UseShellExecute = false, WorkingDirectory = folder };
        foreach (var (key, value) in new Dictionary<string, string>
        {
            ["HOME"] = folder, ["RABBITMQ_NODENAME"] = $"ct{Port}@localhost", ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "data"), ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbit"), ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "plugins"), ["RABBITMQ_PID_FILE"] = Path.Combine(folder, "pid"),
            ["RABBITMQ_DIST_PORT"] = $"{distPort}", ["RABBITMQ_CONF_ENV_FILE"] = "/dev/null", ["ERL_EPMD_PORT"] = $"{epmdPort}", ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "-kernel inet_dist_use_interface {127,0,0,1}", ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1", ["RABBITMQ_NODE_PORT"] = $"{Port}",
        })
        {
            start.Environment[key] = value;
        }

        return Process.Start(start)!;
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = await ConnectAsync();
            return connection.IsOpen;
        }
        catch (Exception error) when (error is BrokerUnreachableException or OperationInterruptedException or IOException or TimeoutException)
        {
            return false;
        }
    }

    private Task<string> SaidAsync() => File.ReadAllTextAsync(Path.Combine(folder, "said"));
}
