using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Inventory;

/// <summary>People say how much of a SKU is kept back at a place, whoever asks for it. One transaction with its audit entry; whoever was slower changes nothing and is told.</summary>
public sealed class SafetyStockDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const int MostPieces = 1_000_000;
    private const string Act = "inventory:safety:write";

    /// <summary>False if somebody changed it since it was seen (<paramref name="seen"/>: the pieces that were kept back then).</summary>
    /// <exception cref="ArgumentException">It is no number of pieces, more is promised than would be left, or the reason is missing or too long.</exception>
    public async Task<bool> SetAsync(string sku, string location, int pieces, int seen, string reason, Actor actor, CancellationToken cancel)
    {
        if (pieces is < 0 or > MostPieces)
        {
            throw new ArgumentException("The pieces to keep back are a whole number from 0 to 1,000,000.", nameof(pieces));
        }

        if (reason.Trim().Length is < 3 or > 200)
        {
            throw new ArgumentException("Give a reason of 3 to 200 characters. It stands in the audit.", nameof(reason));
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var now = await SafetyStock.OfAsync(connection, sku, location, cancel) ?? throw new ArgumentException($"{sku} does not lie at this place.", nameof(sku));
        if (now.Safety != seen)
        {
            return false;
        }

        if (!await SafetyStock.KeepAsync(connection, sku, location, pieces, cancel))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"Of {now.OnHand} on hand {now.Reserved} are promised: at most {Math.Max(now.OnHand - now.Reserved, 0)} can be kept back now. Keep back less, or wait until orders have left."), nameof(pieces));
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(actor, Act, $"stock:{sku}/{location}", Reason: reason.Trim(), Detail: new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["before"] = seen.ToString(CultureInfo.InvariantCulture), ["pieces"] = pieces.ToString(CultureInfo.InvariantCulture),
            }),
            cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Stock);
        return true;
    }
}
