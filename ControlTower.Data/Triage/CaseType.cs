namespace ControlTower.Data.Triage;

/// <summary>What a case can be about, as filters and addresses name it.</summary>
public static class CaseType
{
    /// <summary>A message that came in and could not be read or applied.</summary>
    public const string Message = "Message";

    /// <summary>A check that holds the order: nothing was being sent.</summary>
    public const string Check = "Check";

    /// <summary>Documents that are sent, by the kind of their posting; then <see cref="Message"/> and <see cref="Check"/>.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "PostSalesOrder", "UpdateSalesOrder", "CancelSalesOrder", "AcknowledgeOrder", "ShipSalesOrder", "FulfilOrder", "PostPayment", "PostCreditMemo", "RefundPayment", "CloseReturn", "PostJournal",
        Message, Check,
    ];

    public static bool IsDocument(string type) => type is not (Message or Check);
}
