using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Inventory;
using ControlTower.Data.Live;

namespace ControlTower.Sync.Inventory;

/// <summary>People say what is kept from channels. One transaction with its audit entry; whoever was slower changes nothing and is told.</summary>
public sealed class ChannelRuleDesk(TowerDataSources data, AuditLog audit, ChangeNotifier changes)
{
    public const int MostBuffer = 1_000_000;
    private const string Act = "inventory:rule:write";

    public Task<List<ChannelRule>> ListAsync(string? begins, int most, CancellationToken cancel) => ChannelRuleStore.ListAsync(data.Read, begins, most, cancel);

    /// <summary>Places and shops that a rule may name.</summary>
    public async Task<(List<(string Id, string Name)> Places, List<(string Id, string Name)> Channels)> ChoicesAsync(CancellationToken cancel) => (
        await data.Read.Command("select id, name from location order by kind desc, name, id").ListAsync(r => (r.GetString(0), r.GetString(1)), cancel),
        await data.Read.Command("select id, name from connection where role = 'shop' order by name, id").ListAsync(r => (r.GetString(0), r.GetString(1)), cancel));

    /// <summary>False if somebody changed the rule since it was seen (<paramref name="seen"/>: its revision, 0 for a new one).</summary>
    /// <exception cref="ArgumentException">Nothing is kept, or it is no number of pieces or percent.</exception>
    public async Task<bool> PutAsync(string? sku, string? location, string? channel, bool excluded, int buffer, decimal percent, int seen, Actor actor, CancellationToken cancel)
    {
        if (sku is { Length: > 100 } || sku?.Any(char.IsControl) == true)
        {
            throw new ArgumentException("A SKU has at most 100 characters.", nameof(sku));
        }

        if (buffer is < 0 or > MostBuffer)
        {
            throw new ArgumentException("The pieces to keep are a whole number from 0 to 1,000,000.", nameof(buffer));
        }

        if (percent is < 0 or > 100 || decimal.Round(percent, 2) != percent)
        {
            throw new ArgumentException("The percentage is from 0 to 100, with at most two decimals.", nameof(percent));
        }

        if (!excluded && buffer == 0 && percent == 0)
        {
            throw new ArgumentException("This rule keeps nothing. Give pieces, a percentage, or exclude the channel; to end a rule, remove it.", nameof(buffer));
        }

        var rule = new ChannelRule(0, Given(sku), Given(location), Given(channel), excluded, excluded ? 0 : buffer, excluded ? 0 : percent, seen, default, actor.Name);
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await ChannelRuleStore.PutAsync(connection, rule, seen, cancel))
        {
            return false;
        }

        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Act, Subject(rule), Detail: Detail(rule)), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Stock);
        return true;
    }

    /// <summary>False if somebody changed or removed it meanwhile.</summary>
    public async Task<bool> RemoveAsync(ChannelRule rule, Actor actor, CancellationToken cancel)
    {
        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await ChannelRuleStore.RemoveAsync(connection, rule.Id, rule.Revision, cancel))
        {
            return false;
        }

        var detail = Detail(rule);
        detail["what"] = "removed";
        await audit.AppendAsync(connection, transaction, new AuditEntry(actor, Act, Subject(rule), Detail: detail), cancel);
        await transaction.CommitAsync(cancel);
        changes.Announce(LiveTopics.Stock);
        return true;
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string Subject(ChannelRule rule) => $"stock-rule:{rule.Sku ?? "*"}/{rule.Location ?? "*"}/{rule.Channel ?? "*"}";

    private static Dictionary<string, string> Detail(ChannelRule rule) => rule.Excluded
        ? new(StringComparer.Ordinal) { ["excluded"] = "yes" }
        : new(StringComparer.Ordinal) { ["pieces"] = rule.Buffer.ToString(CultureInfo.InvariantCulture), ["percent"] = rule.BufferPercent.ToString("0.##", CultureInfo.InvariantCulture) };
}
