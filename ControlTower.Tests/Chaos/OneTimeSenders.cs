using System.Globalization;
using System.Text;
using ControlTower.Tests.Conformance.Shopify;

namespace ControlTower.Tests.Chaos;

/// <summary>Senders of genuine order webhooks who never send anything twice.</summary>
internal sealed class OneTimeSenders : IDisposable
{
    private readonly CancellationTokenSource enough = new();
    private Task sending = Task.CompletedTask;
    private int next;

    private OneTimeSenders()
    {
    }

    public static async Task<OneTimeSenders> StartAsync(ChaosWorld world, string shop, int count, string name, Func<Postman.Letter, Task> send)
    {
        var (domain, secret) = await world.ShopAsync(shop);
        var senders = new OneTimeSenders();
        senders.sending = Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(async () =>
        {
            using var breath = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            while (!senders.enough.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref senders.next);
                await send(SignedWebhook.Of(
                    shop, domain, secret, "orders/create", string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"), Encoding.UTF8.GetBytes(MadeOrder.Of(number).AsWebhook())));
                await breath.WaitForNextTickAsync();
            }
        })));
        return senders;
    }

    public async Task StopAsync()
    {
        await enough.CancelAsync();
        await sending;
    }

    public void Dispose() => enough.Dispose();
}
