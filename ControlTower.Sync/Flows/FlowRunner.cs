using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Flows;
using ControlTower.Data.Inbox;
using ControlTower.Data.Live;
using ControlTower.Data.Outbox;
using ControlTower.Sync.Connections;
using ControlTower.Sync.Pumps;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ControlTower.Sync.Flows;

/// <summary>
/// Moves flows. A batch of inputs becomes one transaction: claims checked by fence, flows locked in id order, decisions made in memory, effects and writes set by set, then one
/// commit. Either all of an input's consequences are saved or none; applying an input again changes nothing. A batch that cannot be applied is rolled back and halved until the
/// input at fault is alone: it fails, the others are applied.
/// </summary>
public sealed partial class FlowRunner : IAsyncDisposable
{
    private const int MaxBatch = 256;
    private const int DeadlockTries = 5;

    private readonly TowerDataSources data;
    private readonly FlowHosts hosts;
    private readonly ConnectionDirectory connections;
    private readonly ChangeNotifier changes;
    private readonly Doorbell doorbell;
    private readonly TimeProvider clock;
    private readonly ILogger<FlowRunner> log;
    private readonly Coalescer<FlowInput, FlowAnswer> queue;

    public FlowRunner(
        TowerDataSources data, FlowHosts hosts, ConnectionDirectory connections, ChangeNotifier changes, Doorbell doorbell, TimeProvider clock, ILogger<FlowRunner> log)
    {
        (this.data, this.hosts, this.connections, this.changes, this.doorbell, this.clock, this.log) = (data, hosts, connections, changes, doorbell, clock, log);
        queue = new Coalescer<FlowInput, FlowAnswer>(ApplyAsync, capacity: 4096, MaxBatch, writers: 2);
    }

    /// <summary>Applies one input together with whatever else is waiting; answers after the commit.</summary>
    public Task<FlowAnswer> SubmitAsync(FlowInput input, CancellationToken cancel) => queue.SubmitAsync(input, cancel);

    /// <summary>Applies a batch. Throws only if the database cannot be used; then nothing is known to be saved and the claims will be made again.</summary>
    public async Task<IReadOnlyList<FlowAnswer>> ApplyAsync(IReadOnlyList<FlowInput> batch, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ApplyTogetherAsync(batch, cancel);
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < DeadlockTries)
            {
                Collided(log, error.SqlState, attempt);
            }
            catch (Exception error) when (batch.Count > 1 && !DatabaseTrouble.IsOfTheWay(error))
            {
                return await ApplyHalvesAsync(batch, cancel);
            }
            catch (Exception error) when (!DatabaseTrouble.IsOfTheWay(error))
            {
                return [new FlowAnswer.Failed(error)];
            }
        }
    }

    public ValueTask DisposeAsync() => queue.DisposeAsync();

    private async Task<IReadOnlyList<FlowAnswer>> ApplyHalvesAsync(IReadOnlyList<FlowInput> batch, CancellationToken cancel)
    {
        var half = batch.Count / 2;
        return [.. await ApplyAsync([.. batch.Take(half)], cancel), .. await ApplyAsync([.. batch.Skip(half)], cancel)];
    }

    private async Task<IReadOnlyList<FlowAnswer>> ApplyTogetherAsync(IReadOnlyList<FlowInput> batch, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var commit = new FlowCommit(connection, transaction, connections);
        var held = await HeldInputs.TakeAsync(connection, batch, cancel);
        var flows = await new FlowLoading(connection, hosts, connections).LoadAsync(batch, held, cancel);
        var working = new FlowBatch(flows.Instances, clock);
        flows.Enqueue(working);
        await commit.RefuseAsync([.. batch.OfType<FlowInput.Refused>().Where(held.Has)], cancel);
        await TellAllAsync(working, commit, cancel);
        await commit.SaveAsync(working, cancel);
        var answers = await new FlowSettling(connection, batch, held, working, flows, connections, commit.Withdrawn).SettleAsync(cancel);
        await transaction.CommitAsync(cancel);

        changes.Announce(commit.Announcement);
        doorbell.Ring(commit.Targets);
        return answers;
    }

    private static async Task TellAllAsync(FlowBatch working, FlowCommit commit, CancellationToken cancel)
    {
        do
        {
            while (working.Tell())
            {
                await commit.CarryOutAsync(working, cancel);
            }
        }
        while (await commit.IntendAsync(working, cancel));
    }

    [LoggerMessage(EventId = 2101, Level = LogLevel.Debug, Message = "Two batches collided ({State}), attempt {Attempt}")]
    private static partial void Collided(ILogger log, string state, int attempt);
}
