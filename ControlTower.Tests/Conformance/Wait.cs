using Xunit;

namespace ControlTower.Tests.Conformance;

/// <summary>Waits for something that another thread brings about; fails after thirty seconds.</summary>
internal static class Wait
{
    public static async Task ForAsync(Func<Task<bool>> happened)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25), TimeProvider.System);
        while (!await happened()) Assert.True(await timer.WaitForNextTickAsync(limit.Token));
    }

    public static Task ForAsync(Func<bool> happened) => ForAsync(() => Task.FromResult(happened()));
}
