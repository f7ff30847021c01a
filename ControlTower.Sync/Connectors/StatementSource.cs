using ControlTower.Data.Canonical;

namespace ControlTower.Sync.Connectors;

/// <summary>A processor or a bank that is heard by its files alone. They are handed in under Reconciliation; nothing is pushed, polled or told.</summary>
public abstract class StatementSource : IConnector
{
    public abstract string Kind { get; }

    public abstract SystemRole Role { get; }

    public abstract IReadOnlyList<SettingField> Fields { get; }

    public abstract IReadOnlyList<SettingProblem> Check(ConnectionProfile profile);

    public VendorLimits Limits(ConnectionProfile profile) => new(Concurrency: 1);

    public Receipt Receive(RawRequest request, ConnectionProfile profile, DateTimeOffset now) => new Receipt.Forged("Statements are handed in as files; nothing is pushed.");

    public Translation Translate(StoredMessage message, ConnectionProfile profile) => new Translation.Unreadable(FailureKind.Parse, "statement-topic", "Statements are handed in as files, not as messages.");

    public IVendorClient Connect(ConnectionProfile profile, HttpClient http, TimeProvider clock) => new Silent();

    public IReadOnlyList<FeedPlan> Feeds(ConnectionProfile profile) => [];

    private sealed class Silent : IVendorClient
    {
        public Task<Outcome> SendAsync(VendorCommand command, CallScope scope, CancellationToken cancel) =>
            Task.FromResult<Outcome>(new Outcome.Refused(FailureKind.Refused, "statements-only", "Who sends statements cannot be told anything."));

        public Task<LookUp> LookUpAsync(VendorCommand command, CallScope scope, CancellationToken cancel) => Task.FromResult<LookUp>(new LookUp.Absent());

        public bool IsRepeatable(VendorCommand command) => true;

        public Task<FeedAnswer> ReadAsync(FeedRequest request, CallScope scope, CancellationToken cancel) => Task.FromResult<FeedAnswer>(new FeedAnswer.Page([], request.Cursor, More: false));

        public Task<Outcome> TestAsync(CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("files"));

        public Task<Outcome> SubscribeAsync(Uri callbackBase, CallScope scope, CancellationToken cancel) => Task.FromResult<Outcome>(new Outcome.Accepted("files"));
    }
}
