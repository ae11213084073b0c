// The package has this entry's types where its "exports" do not lead.
declare module 'fake-indexeddb/auto';
