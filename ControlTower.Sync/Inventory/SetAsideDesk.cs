using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Inventory;

/// <summary>A person gives back goods that are set aside for nothing. One transaction with its audit entry.</summary>
public sealed class SetAsideDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    private const string Act = "inventory:hold:release";

    /// <summary>False if it had ended, or the order is not over any more: nothing was changed.</summary>
    /// <exception cref="ArgumentException">The reason is missing or too long.</exception>
    public async Task<bool> GiveBackAsync(SetAsideRow row, string reason, Actor actor, CancellationToken cancel)
    {
        if (reason.Trim().Length is < 3 or > 200)
        {
            throw new ArgumentException("Give a reason of 3 to 200 characters. It stands in the audit.", nameof(reason));
        }

        return await Collision.TriedAgainAsync(async () =>
        {
            await using var connection = await data.Work.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            var ended = row.Hold is { } hold
                ? await connection.Command("select cardinality(stock_hold_give_back($1))", Sql.Of(hold)).ScalarAsync<int>(cancel) == 1
                : await connection.Command("select stock_give_back($1)", Sql.Of(row.FlowId!.Value)).ScalarAsync<bool>(cancel);
            if (!ended)
            {
                return false;
            }

            await audit.AppendAsync(
                connection, transaction,
                new AuditEntry(actor, Act, row.Hold is { } id ? $"hold:{id}" : $"flow:{row.FlowId}", Reason: reason.Trim(),
                    Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["goods"] = row.Goods.Length > 300 ? row.Goods[..300] : row.Goods }),
                cancel);
            await transaction.CommitAsync(cancel);
            changes.Announce(LiveTopics.Stock);
            return true;
        });
    }
}
