using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Returns;

/// <summary>What a person wants to take back.</summary>
/// <param name="Id">Made once by whoever asks; asking again with it starts nothing again.</param>
/// <param name="OrderFlow">The order's flow in the tower.</param>
/// <param name="Store">Where it is handed in; null if it comes by post.</param>
/// <param name="Receipt">The buyer can prove the purchase.</param>
/// <param name="AtHand">The goods lie on the counter: they are received and inspected in the same breath.</param>
public sealed record ReturnWish(
    Guid Id, long OrderFlow, IReadOnlyList<ReturnedLine> Lines, string? Store, bool Receipt, IReadOnlyList<InspectedLine>? AtHand = null);

public abstract record ReturnAnswer
{
    /// <summary>It is on disk and will be done; also the answer to every repeat. The return's page shows what became of it.</summary>
    /// <param name="ReturnId">The return's id at its source.</param>
    public sealed record Taken(string Source, string ReturnId) : ReturnAnswer;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Words">Why, and what can be done.</param>
    public sealed record Refused(string Words) : ReturnAnswer;
}
