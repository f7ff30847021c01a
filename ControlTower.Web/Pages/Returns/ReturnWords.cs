using ControlTower.Data.Canonical;
using ControlTower.Sync.Flows.ReturnToRefund;
using ControlTower.Web.Shared;

namespace ControlTower.Web.Pages.Returns;

/// <summary>How returns are told: stages, reasons, conditions, documents and steps in people's words.</summary>
internal static class ReturnWords
{
    public static string Stage(string stage) => stage switch
    {
        ReturnStages.Requested => "Requested",
        ReturnStages.Authorised => "Expected",
        ReturnStages.Received => "To inspect",
        ReturnStages.Inspected => "To credit",
        ReturnStages.Credited => "To refund",
        ReturnStages.Refunded => "To tell the shop",
        ReturnStages.ChannelTold => "Told",
        ReturnStages.Closed => "Closed",
        ReturnStages.Refused => "Refused",
        ReturnStages.Cancelled => "Cancelled",
        _ => stage,
    };

    /// <summary>The way back as a step that was taken.</summary>
    public static string Step(string stage) => stage switch
    {
        ReturnStages.Authorised => "Authorised",
        ReturnStages.Received => "Received",
        ReturnStages.Inspected => "Inspected",
        ReturnStages.Credited => "Credited in the ERP",
        ReturnStages.Refunded => "Refunded",
        ReturnStages.ChannelTold => "Shop told",
        _ => Stage(stage),
    };

    public static Status Look(string status, string stage) => (status, stage) switch
    {
        ("attention", ReturnStages.Requested) => Status.Held,
        ("attention", _) => Status.Bad,
        ("done", _) => Status.Ok,
        ("cancelled", _) => Status.Off,
        (_, ReturnStages.Authorised or ReturnStages.Received) => Status.Wait,
        _ => Status.Run,
    };

    public static string Reason(string reason) => reason switch
    {
        ReturnReasons.Unwanted => "Not wanted any more",
        ReturnReasons.Size => "Does not fit",
        ReturnReasons.Faulty => "Faulty",
        ReturnReasons.Damaged => "Damaged on the way",
        ReturnReasons.WrongItem => "Wrong item",
        ReturnReasons.Late => "Came too late",
        ReturnReasons.Other => "Other",
        _ => reason,
    };

    public static string Condition(GoodsCondition condition) => condition switch
    {
        GoodsCondition.Sound => "Sound, for sale again",
        GoodsCondition.NeedsWork => "Needs work",
        GoodsCondition.WriteOff => "Write off",
        _ => "Not accepted",
    };

    public static string Document(string kind) => kind switch { "PostCreditMemo" => "Credit memo", "RefundPayment" => "Refund", "CloseReturn" => "End of the shop's return", _ => kind };

    public static (Status Status, string Word) Posting(string state) => state switch
    {
        "confirmed" => (Status.Ok, "Done"),
        "refused" => (Status.Bad, "Refused"),
        "unknown" => (Status.Unk, "Outcome unknown"),
        "withdrawn" => (Status.Off, "Taken back"),
        _ => (Status.Run, "Under way"),
    };

    public static (Status Status, string Word) Said(Ruling ruling) => ruling switch
    {
        Ruling.Allowed => (Status.Ok, "Allowed"),
        Ruling.AskPerson => (Status.Held, "A person must agree"),
        _ => (Status.Blocked, "Denied"),
    };

    public static string ByHand(ReturnStep step) => step switch { ReturnStep.Credit => "credit memo", ReturnStep.Refund => "refund", _ => "end of the shop's return" };
}
