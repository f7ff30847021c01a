using ControlTower.Data.Db;
using ControlTower.Data.Live;
using ControlTower.Tests.Conformance;
using ControlTower.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ControlTower.Tests.Data.Live;

public sealed class ChangeNotifierTests
{
    [Fact]
    public async Task An_error_that_nobody_foresaw_does_not_end_the_host()
    {
        using var log = new TestLog();
        using var logs = LoggerFactory.Create(builder => builder.AddProvider(log));
        var closed = new TowerDataSources("Host=/nowhere;Username=nobody");
        await closed.DisposeAsync();
        using var notifier = new ChangeNotifier(closed, TimeProvider.System, logs.CreateLogger<ChangeNotifier>());
        await notifier.StartAsync(default);

        notifier.Announce(LiveTopics.Cases);
        await Wait.ForAsync(() => log.Errors.Any() || notifier.ExecuteTask!.IsCompleted);
        notifier.Announce(LiveTopics.Flows);
        await Wait.ForAsync(() => log.Errors.Count() == 2 || notifier.ExecuteTask!.IsCompleted);

        Assert.False(notifier.ExecuteTask!.IsCompleted);
        Assert.All(log.Errors, e => Assert.Contains(nameof(ObjectDisposedException), e, StringComparison.Ordinal));
        await notifier.StopAsync(default);
    }
}
