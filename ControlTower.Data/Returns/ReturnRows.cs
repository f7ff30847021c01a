using ControlTower.Data.ApiClients;
using ControlTower.Data.Canonical;

namespace ControlTower.Data.Returns;

/// <summary>Which returns a person wants to see. Everything is optional; lists are alternatives, members are joined with and.</summary>
public sealed record ReturnFilter
{
    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>Of the flow: <c>open</c>, <c>attention</c>, <c>done</c>, <c>cancelled</c>.</summary>
    public IReadOnlyList<string> Statuses { get; init; } = [];

    /// <summary>Connection ids of the channels.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Only what this reader may see at all.</summary>
    public ApiReach Reach { get; init; } = ApiReach.Everything;

    /// <summary>The one of this id.</summary>
    public long? Id { get; init; }

    /// <summary>The ids that its channel, or the tower, gave it.</summary>
    public IReadOnlyList<string> SourceIds { get; init; } = [];

    /// <summary>Name or id of the return or its order, a credit memo or a refund, as a person pastes it.</summary>
    public string? Text { get; init; }
}

/// <summary>The place behind a row of the list.</summary>
public sealed record ReturnCursor(DateTimeOffset StageSince, long Id);

/// <param name="OrderFlowId">Null until the order is known.</param>
/// <param name="Store">Where it is handed in; null by post.</param>
/// <param name="Value">What is, or is to be, paid back.</param>
public sealed record ReturnRow(
    long Id, string Name, string Source, string SourceName, string SourceId, string Stage, string Status, Money Value, DateTimeOffset RequestedAt, DateTimeOffset StageSince,
    long? OrderFlowId, string? OrderName, string? Store);

/// <param name="Next">Null at the end.</param>
public sealed record ReturnPage(IReadOnlyList<ReturnRow> Rows, ReturnCursor? Next);

public sealed record ReturnPlace(string Id, string Name, string Kind);

/// <param name="Left">Pieces that are neither back nor claimed by a return.</param>
public sealed record SoldOrderLine(string Id, string Sku, string Title, int Sold, int Left);

public sealed record ReturnStageCount(string Stage, string Status, long Count);

/// <summary>One return with all that hangs on it.</summary>
/// <param name="State">The flow's state as it is stored.</param>
/// <param name="Version">Of the flow; rises with each change.</param>
public sealed record ReturnDetail(
    ReturnRow Head, string State, int Version, string? ErpName, IReadOnlyList<ReturnDocument> Documents, IReadOnlyList<ReturnLogEntry> Log, IReadOnlyList<ReturnedStock> Stock,
    IReadOnlyList<ReturnCase> Cases);

/// <summary>What was asked of another system: its key, where it stands, and the number it got there.</summary>
/// <param name="Kind">Such as <c>PostCreditMemo</c>, <c>RefundPayment</c>, <c>CloseReturn</c>.</param>
/// <param name="State">Of the posting: <c>intended</c>, <c>unknown</c>, <c>confirmed</c>, <c>refused</c>, <c>withdrawn</c>.</param>
public sealed record ReturnDocument(
    string Key, string Kind, string Connection, string ConnectionName, string State, string? Number, Money Value, DateTimeOffset AskedAt, DateTimeOffset? SettledAt, string? LastMessage);

public sealed record ReturnLogEntry(int Step, string Type, string Stage, string? System, string? Reference, string? Detail, DateTimeOffset At);

public sealed record ReturnedStock(string Sku, string Location, int Sound, int Damaged, DateTimeOffset At);

public sealed record ReturnCase(long Id, string Code, string Title, string Message, string State);
