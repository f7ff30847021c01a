using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors.PosLog;

/// <summary>
/// Tills that tell what they sold by POSLog files. Files come in by upload or by a watched folder and are taken apart by the import; here is what one transaction means. A till is told nothing: there
/// is nobody to call.
/// </summary>
public sealed class PosLogConnector : IConnector
{
    public const string Name = "poslog";

    /// <summary>A transaction of a file, as <see cref="PosLogHead.Document"/> makes it.</summary>
    public const string Topic = "transaction";

    public string Kind => Name;

    public SystemRole Role => SystemRole.Shop;

    public IReadOnlyList<SettingProblem> Check(ConnectionProfile profile) => new SettingsCheck(profile).Currency().Problems;

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 4);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("POSLog files are uploaded or dropped into a folder; nothing is pushed.");

    public Translation Translate(StoredMessage message, ConnectionProfile profile)
    {
        if (message.Topic != Topic)
        {
            return new Translation.Unreadable(FailureKind.Parse, "poslog-topic", "This is no transaction of a POSLog file.");
        }

        try
        {
            var (receipt, faults) = PosLogReading.Read(message.Body, Zone(profile));
            return receipt is not null ? PosLogStatement.Of(receipt, profile)
                : new Translation.Unreadable(FailureKind.Parse, $"poslog-{(faults.Count > 0 ? faults[0].Code : "transaction")}", faults.Count > 0 ? faults[0].Message : "It holds no transaction.");
        }
        catch (OverflowException)
        {
            return new Translation.Unreadable(FailureKind.Value, "poslog-amount", "An amount is out of range.");
        }
    }

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new PosLogClient();

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];

    /// <summary>The zone of times that name none.</summary>
    public static TimeZoneInfo Zone(ConnectionProfile profile) => TimeZoneInfo.TryFindSystemTimeZoneById(profile.TimeZone, out var zone) ? zone : TimeZoneInfo.Utc;
}

/// <summary>Files have no ear. What the tower would tell the till is settled by itself: the goods are gone, and the receipt is printed.</summary>
internal sealed class PosLogClient : IVendorClient
{
    public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(command switch
    {
        AcknowledgeOrder acknowledge => new Outcome.Accepted(acknowledge.Order.Id),
        FulfilOrder fulfil => new Outcome.Accepted(fulfil.Order.Id),
        _ => new Outcome.Refused(FailureKind.Refused, "poslog-no-ear", "Tills that send files cannot be told anything."),
    });

    public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<LookUp>(new LookUp.Absent());

    public bool IsRepeatable(VendorCommand command) => true;

    public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => Task.FromResult<FeedAnswer>(new FeedAnswer.Page([], request.Cursor, More: false));

    public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("files"));

    public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("files"));
}
