using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Triage;
using ControlTower.Sync.Connectors;
using ControlTower.Sync.Pumps;
using ControlTower.Sync.Triage;
using Microsoft.Extensions.DependencyInjection;

namespace ControlTower.Tests.Support;

/// <summary>A tower whose ERP has refused every order, and people who retry them as batches. The rate is never waited for: tests make the next sending due.</summary>
public sealed class BatchWorld(EngineWorld world) : IAsyncDisposable
{
    public static readonly Actor Somebody = new(Guid.CreateVersion7(), "Ida Holm", "Operations");

    public EngineWorld World => world;

    public TestDatabase Database => world.Database;

    public BatchDesk Desk => world.Get<BatchDesk>();

    public BatchPump Pump => world.Get<BatchPump>();

    /// <summary>Each of so many orders was refused once, and will be accepted from now on.</summary>
    public static async Task<BatchWorld> CreateAsync(int refused, Action<IServiceCollection>? configure = null)
    {
        var world = await EngineWorld.CreateAsync(configure: configure);
        await RefuseAsync(world, 1, refused);
        return new BatchWorld(world);
    }

    /// <summary>More orders that are refused once.</summary>
    public static async Task RefuseAsync(EngineWorld world, int first, int count)
    {
        world.Erp.Client.Answer = _ => new Outcome.Refused(FailureKind.Value, "no", "No.");
        await world.PlaceAsync(Enumerable.Range(first, count));
        await world.WorkOutboxAsync();
        world.Erp.Client.Answer = _ => null;
    }

    public async Task<long[]> CasesAsync() => await Database.ScalarAsync<long[]>("select array_agg(id order by id) from exception_case where state = 'open'") ?? [];

    public async Task<FrozenBatch> StartAsync(long[]? cases = null, BatchPlan? plan = null, Guid? key = null) =>
        (await Desk.StartAsync(new NewBatch(key ?? Guid.NewGuid(), cases ?? await CasesAsync(), "everything", "The tax code was added", plan ?? BatchPlan.Standard), Somebody, default))!.Batch;

    /// <summary>One look of the node at its batches, the rate set aside.</summary>
    public async Task TurnAsync()
    {
        await Database.ExecuteAsync("update batch set next_send_at = now() - interval '1 second'");
        while ((await Pump.RunOnceAsync(default)).Again)
        {
        }
    }

    public async Task<BatchRow> ReadAsync(long id) => (await world.Get<BatchQueries>().FindAsync(id))!;

    /// <summary>Turns the pump and lets the ERP work, again and again, until the batch is finished.</summary>
    public async Task<BatchRow> FinishAsync(long id)
    {
        for (var turn = 0; turn < 200; turn++)
        {
            await TurnAsync();
            await world.WorkOutboxAsync();
            if (await ReadAsync(id) is { FinishedAt: not null } row)
            {
                return row;
            }
        }

        throw new TimeoutException("The batch never came to its end.");
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();
}
