using ControlTower.Data.Audit;
using ControlTower.Data.Canonical;
using ControlTower.Data.Db;
using ControlTower.Data.Promotions;
using Npgsql;

namespace ControlTower.Tests.Chaos;

/// <summary>Two merchandisers and what they do to promotions: one plans, the other agrees. Each act is a transaction of its own.</summary>
internal sealed class Merchandisers(NpgsqlDataSource data)
{
    private static readonly Actor Author = new(Guid.CreateVersion7(), "Sofie Lund", "Merchandiser");
    private static readonly Actor Other = new(Guid.CreateVersion7(), "Ida Holm", "Merchandiser");

    /// <param name="key">The same key again plans nothing again.</param>
    public Task<long> PlanAsync(Guid key, PromotionPlan plan, CancellationToken cancel) =>
        ActAsync(async connection => (await PromotionActs.CreateAsync(connection, key, plan, Author, cancel)).Id);

    /// <summary>Has the tower look whether it can be done.</summary>
    public Task AskCheckAsync(long id, CancellationToken cancel) => HeldAsync(id, Author, (connection, held) => PromotionActs.AskCheckAsync(connection, held, cancel), cancel);

    /// <summary>Sent, and agreed to by somebody else. If its hour has come it is under way from now on.</summary>
    /// <returns>How many prices it is about.</returns>
    public async Task<long> ApproveAsync(long id, CancellationToken cancel)
    {
        var adopted = 0L;
        await HeldAsync(id, Author, (connection, held) => PromotionActs.SendAsync(connection, held, Author, null, cancel), cancel);
        await HeldAsync(
            id, Other,
            async (connection, held) =>
            {
                await PromotionActs.DecideAsync(connection, held, approve: true, Other, null, cancel);
                adopted = await PromotionActs.AdoptAsync(connection, held, null, cancel);
            },
            cancel);
        return adopted;
    }

    /// <summary>Ended or rolled back, or called off if it has not begun. Changes nothing if it is over.</summary>
    public Task BackAsync(long id, bool ends, CancellationToken cancel) => HeldAsync(
        id, Author,
        async (connection, held) =>
        {
            if (held.State == PromotionState.Scheduled)
            {
                await PromotionActs.StateAsync(connection, id, PromotionState.Cancelled, cancel);
            }
            else if (held.IsOut)
            {
                await PromotionActs.BackAsync(connection, id, ends ? PromotionState.Ending : PromotionState.RollingBack, Author.Name, "The seed says so.", cancel);
            }
        },
        cancel);

    /// <summary>Tries again what waits for a person.</summary>
    public Task AgainAsync(long id, CancellationToken cancel) => ActAsync(async connection =>
    {
        var stuck = await connection.Command($"select id from promotion_cell where promotion_id = {id} and phase = 'stuck'").ListAsync(r => r.GetInt64(0), cancel);
        return await PromotionActs.AgainAsync(connection, id, [.. stuck], whatever: false, cancel);
    });

    private Task<int> HeldAsync(long id, Actor actor, Func<NpgsqlConnection, PromotionHeld, Task> act, CancellationToken cancel) => ActAsync(async connection =>
    {
        await act(connection, (await PromotionActs.LockAsync(connection, id, PromotionActs.Id(actor), cancel))!);
        return 0;
    });

    private async Task<T> ActAsync<T>(Func<NpgsqlConnection, Task<T>> act)
    {
        await using var connection = await data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var result = await act(connection);
        await transaction.CommitAsync();
        return result;
    }
}
