using System.Globalization;
using ControlTower.Data.Audit;
using ControlTower.Data.Db;
using ControlTower.Data.Operations;
using Microsoft.Extensions.Options;

namespace ControlTower.Sync.Administration;

/// <summary>A kind of data, how long it is kept, and how much of it there is.</summary>
/// <param name="Shipped">Days without anybody's word: of the kind, or of the settings of the process.</param>
/// <param name="Rule">Null: nobody has set it.</param>
public sealed record RetentionLine(RetentionKind Kind, int Shipped, RetentionRule? Rule, RetentionSize Size)
{
    public int Days => Rule?.Days ?? Shipped;
}

/// <summary>How long data is kept, for the job and for people. A change is one transaction with its audit entry and is in force at the job's next run. The caller has checked the permission.</summary>
public sealed class RetentionDesk(TowerDataSources data, AuditLog audit, IOptions<RetentionOptions> options)
{
    public const string Manage = "admin:retention:manage";
    public const int LongestReason = 300;

    /// <summary>How long each kind is kept, now.</summary>
    public async Task<Func<string, TimeSpan>> TimesAsync(CancellationToken cancel)
    {
        var rules = (await RetentionStore.ListAsync(data.Work, cancel)).ToDictionary(rule => rule.Kind, rule => rule.Days, StringComparer.Ordinal);
        return kind => TimeSpan.FromDays(rules.TryGetValue(kind, out var days) ? days : Shipped(RetentionKinds.Find(kind)!));
    }

    public async Task<IReadOnlyList<RetentionLine>> ListAsync(CancellationToken cancel)
    {
        var rules = (await RetentionStore.ListAsync(data.Read, cancel)).ToDictionary(rule => rule.Kind, StringComparer.Ordinal);
        List<RetentionLine> lines = [];
        foreach (var kind in RetentionKinds.All)
        {
            lines.Add(new RetentionLine(kind, Shipped(kind), rules.GetValueOrDefault(kind.Id), await RetentionStore.SizeAsync(data.Read, kind.Tables, kind.Oldest, cancel)));
        }

        return lines;
    }

    /// <summary>False if somebody changed it since it was seen.</summary>
    /// <param name="days">Null: as shipped again.</param>
    /// <exception cref="ArgumentException">There is no such kind, the days are out of bounds, or no reason is given.</exception>
    public async Task<bool> ChangeAsync(string kind, int? days, int seen, string reason, Actor actor, CancellationToken cancel)
    {
        var known = RetentionKinds.Find(kind) ?? throw new ArgumentException("There is no such kind of data.", nameof(kind));
        if (days is { } wanted && (wanted < known.Least || wanted > known.Most))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Enter {known.Least} to {known.Most} days."), nameof(days));
        }

        reason = reason.Trim();
        if (reason.Length is 0 or > LongestReason)
        {
            throw new ArgumentException($"Give a reason of at most {LongestReason} characters.", nameof(reason));
        }

        await using var connection = await data.Work.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (!await RetentionStore.PutAsync(connection, kind, days, seen, actor.Name, cancel))
        {
            return false;
        }

        await audit.AppendAsync(
            connection, transaction,
            new AuditEntry(actor, Manage, $"retention:{kind}", Reason: reason, Detail: new Dictionary<string, string>(StringComparer.Ordinal) { ["days"] = days?.ToString(CultureInfo.InvariantCulture) ?? "as shipped" }), cancel);
        await transaction.CommitAsync(cancel);
        return true;
    }

    private int Shipped(RetentionKind kind) => kind.Id == RetentionKinds.Buyers ? options.Value.PersonalDays : kind.Days;
}
